/* The network of the page in motion: its clock, what pointer and keys inject, what it reads. */
const RATE = 60; // steps per second
const WARM = 240; // steps before it is first seen
const REACH = 0.24; // of the injected current, in radii of the sheet
const PAYLOAD = 100; // at its middle
const PULSE = 12; // steps that the space bar injects at least
const WINDOW = 90; // steps that the numbers are means of

const canvas = document.getElementById("sheet");
const button = document.getElementById("play");
const chip = new Chip(data.network);
const sheet = new Sheet(canvas, chip, data.places);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const lines = data.places.excitatory;
const latest = []; // [spikes, synaptic operations] of the latest steps
const keys = { at: { x: 0, y: 0 }, held: false, until: 0, shown: false };
let pointer = null; // where it is, if it is on the sheet
let wanted = !still.matches;
let seen = true;
let running = false;
let before = 0;
let owed = 0; // steps that the clock is ahead of the network

/** Where current is injected, if anywhere. */
const injected = () => pointer ?? (keys.held || chip.time < keys.until ? keys.at : null);

/** The payload of every line: most in the middle, none beyond reach. */
function payloads() {
  const at = injected();
  if (!at) return [];
  return lines.map(([x, y]) => {
    const distance = Math.hypot(x - at.x, y - at.y) / REACH;
    return distance < 1 ? Math.round(PAYLOAD * (1 - distance ** 2)) : 0;
  });
}

/** One step; returns the spikes of neurons in it. */
function advance() {
  const fired = chip.step(payloads());
  sheet.hear(fired);
  const spikes = fired.filter(([neuron]) => neuron >= sheet.first).length;
  latest.push([spikes, chip.operations(fired)]);
  if (latest.length > WINDOW) latest.shift();
  return spikes;
}

function read() {
  const mean = (k) => latest.reduce((total, step) => total + step[k], 0) / latest.length;
  const rate = (100 * mean(0)) / sheet.neurons.length;
  document.getElementById("rate").textContent = `${rate.toFixed(2)} %`;
  document.getElementById("operations").textContent = Math.round(mean(1)).toLocaleString("en");
}

function draw() {
  sheet.draw(owed, pointer ?? (keys.shown ? keys.at : null), REACH);
}

function frame(now) {
  if (!running) return;
  const elapsed = Math.min(Math.max(now - before, 0), 100); // a frame may begin before its clock
  owed += (elapsed * RATE) / 1000;
  before = now;
  for (; owed >= 1; owed--) {
    advance();
    if (chip.time % 15 === 0) read();
  }
  draw();
  requestAnimationFrame(frame);
}

/** Run if it is wanted and can be seen. */
function settle() {
  const should = wanted && seen && !document.hidden;
  button.textContent = wanted ? "Pause" : "Play";
  if (should === running) return;
  running = should;
  before = performance.now();
  if (running) requestAnimationFrame(frame);
}

/** From pixels of the window to radii of the sheet. */
function onSheet(event) {
  const box = canvas.getBoundingClientRect();
  const radius = (box.width / 2) * FILLED;
  return {
    x: (event.clientX - box.left - box.width / 2) / radius,
    y: (event.clientY - box.top - box.height / 2) / radius,
  };
}

function point(event) {
  pointer = onSheet(event);
  keys.shown = false;
  if (!running) draw();
}

function leave() {
  pointer = null;
  if (!running) draw();
}

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function press(event) {
  const move = MOVES[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey || !(move || event.key === " ")) return;
  event.preventDefault();
  if (move) {
    const to = { x: keys.at.x + move[0] * 0.08, y: keys.at.y + move[1] * 0.08 };
    if (Math.hypot(to.x, to.y) <= 1) keys.at = to;
  } else {
    keys.held = true;
    keys.until = chip.time + PULSE;
  }
  if (!running) draw();
}

function begin() {
  for (let step = 0; step < WARM; step++) advance();
  const fresh = () => (sheet.fit(), draw());
  const paper = (is) => (document.documentElement.classList.toggle("paper", is), fresh());
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
  new ResizeObserver(fresh).observe(canvas);
  new MutationObserver(fresh).observe(document.documentElement, { attributeFilter: ["style"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", fresh);
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  for (const name of ["pointerleave", "pointercancel"]) canvas.addEventListener(name, leave);
  canvas.addEventListener("keydown", press);
  canvas.addEventListener("keyup", (event) => event.key === " " && (keys.held = false));
  canvas.addEventListener("focus", () => {
    keys.shown = canvas.matches(":focus-visible");
    if (!running) draw();
  });
  canvas.addEventListener("blur", () => {
    keys.held = keys.shown = false;
    if (!running) draw();
  });
  button.hidden = false;
  button.addEventListener("click", () => ((wanted = !wanted), settle()));
  still.addEventListener("change", () => ((wanted = !still.matches), settle()));
  document.addEventListener("visibilitychange", settle);
  new IntersectionObserver(([entry]) => ((seen = entry.isIntersecting), settle())).observe(canvas);
  fresh();
  read();
  settle();
}

begin();
document.documentElement.dataset.ready = "";
