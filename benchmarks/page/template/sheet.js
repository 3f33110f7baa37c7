/* How the network looks: neurons as they lie, spikes on their way, the place of the input. */
const FLASH = 16; // steps that a spike of a neuron is seen
const TAIL = 3.2; // steps that a travelling spike is long
const LEVELS = 12; // shades of a voltage
const FILLED = 0.9; // of the canvas, by the circle of neurons

class Sheet {
  constructor(canvas, chip, places) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.chip = chip;
    this.neurons = chip.populations.flatMap((p) =>
      places[p.name].map(([x, y], i) => ({ x, y, p, i, fired: -FLASH })),
    );
    this.first = chip.populations[0].start; // lines of the input lie before it
    this.axons = this.neurons.map(() => []);
    for (const p of chip.populations) {
      for (const link of p.links) this.lay(p, link);
    }
    this.longest = Math.max(...this.axons.flat().map((axon) => axon.steps));
    this.flying = []; // [neuron, step in which it fired]
    this.spacing = Math.sqrt(Math.PI / this.neurons.length);
  }

  /** Keep the ways of a link between different neurons. */
  lay(p, link) {
    for (const [from, { targets }] of link.from) {
      if (from < this.first) continue;
      for (const target of targets) {
        const to = p.start - this.first + target;
        if (to === from - this.first) continue;
        const [a, b] = [this.neurons[from - this.first], this.neurons[to]];
        this.axons[from - this.first].push({ a, b, steps: link.delay + 1 });
      }
    }
  }

  /** Take in what fired in the latest step. */
  hear(fired) {
    const now = this.chip.time;
    for (const [neuron] of fired) {
      if (neuron < this.first) continue;
      this.neurons[neuron - this.first].fired = now;
      this.flying.push([neuron - this.first, now]);
    }
    while (this.flying.length && now - this.flying[0][1] > this.longest) this.flying.shift();
  }

  /** Fit the canvas to its box and take over the colours of the page. */
  fit() {
    const { canvas } = this;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    canvas.width = canvas.height = Math.round(canvas.clientWidth * ratio);
    this.scale = canvas.width / 2;
    const probe = document.createElement("i");
    canvas.after(probe);
    const colour = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    this.colours = { rest: colour("rest"), web: colour("web"), ink: colour("ink") };
    this.hues = { excitatory: colour("spikes"), inhibitory: colour("synops") };
    probe.remove();
    this.halos = Object.fromEntries(
      Object.entries(this.hues).map(([name, hue]) => [name, this.halo(hue)]),
    );
    this.web = this.woven();
  }

  /** A round light of one colour. */
  halo(hue) {
    const canvas = new OffscreenCanvas(64, 64);
    const context = canvas.getContext("2d");
    const light = context.createRadialGradient(32, 32, 0, 32, 32, 32);
    for (const [place, share] of [[0, 90], [0.25, 42], [0.6, 9], [1, 0]]) {
      light.addColorStop(place, `color-mix(in srgb, ${hue} ${share}%, transparent)`);
    }
    context.fillStyle = light;
    context.fillRect(0, 0, 64, 64);
    return canvas;
  }

  /** All synapses, faintly, drawn once. */
  woven() {
    const canvas = new OffscreenCanvas(this.canvas.width, this.canvas.height);
    const context = canvas.getContext("2d");
    this.place(context);
    context.strokeStyle = this.colours.web;
    context.lineWidth = 0.7 / this.scale;
    context.beginPath();
    for (const { a, b } of this.axons.flat()) {
      context.moveTo(a.x, a.y);
      context.lineTo(b.x, b.y);
    }
    context.stroke();
    return canvas;
  }

  /** From here on a context counts in radii of the sheet. */
  place(context) {
    context.setTransform(this.scale * FILLED, 0, 0, this.scale * FILLED, this.scale, this.scale);
  }

  /** The moment `share` of a step after the latest one, with the input at a place or nowhere. */
  draw(share, at, reach) {
    const { context, canvas } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.web, 0, 0);
    this.place(context);
    this.drawSpikes(this.chip.time + share);
    this.drawNeurons(this.chip.time + share);
    if (!at) return;
    context.strokeStyle = this.colours.ink;
    context.lineWidth = 1.6 / this.scale;
    context.setLineDash([0.016, 0.02]);
    context.globalAlpha = 0.6;
    context.beginPath();
    context.arc(at.x, at.y, reach, 0, 2 * Math.PI);
    context.stroke();
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  drawSpikes(now) {
    const { context } = this;
    context.lineWidth = Math.max(1.1, this.scale / 230) / this.scale;
    context.lineCap = "round";
    for (const [name, hue] of Object.entries(this.hues)) {
      context.strokeStyle = hue;
      context.globalAlpha = 0.5;
      context.beginPath();
      for (const [neuron, fired] of this.flying) {
        if (this.neurons[neuron].p.name !== name) continue;
        for (const { a, b, steps } of this.axons[neuron]) {
          const head = Math.min((now - fired) / steps, 1);
          const tail = Math.max((now - fired - TAIL) / steps, 0);
          if (tail >= 1) continue;
          context.moveTo(a.x + (b.x - a.x) * tail, a.y + (b.y - a.y) * tail);
          context.lineTo(a.x + (b.x - a.x) * head, a.y + (b.y - a.y) * head);
        }
      }
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  drawNeurons(now) {
    const { context, spacing } = this;
    const shades = Array.from({ length: 2 * (LEVELS + 1) }, () => new Path2D());
    const rest = new Path2D();
    for (const { x, y, p, i, fired } of this.neurons) {
      const since = (now - fired) / FLASH;
      const full = p.v[i] / (p.vth[i] * 64);
      const radius = spacing * (0.17 + 0.09 * Math.max(full, -0.9) + 0.14 * Math.max(1 - since, 0));
      const level = Math.max(full, 1 - since, 0);
      const kind = this.hues[p.name] === this.hues.excitatory ? 0 : 1;
      for (const path of [rest, shades[kind * (LEVELS + 1) + Math.round(level * LEVELS)]]) {
        path.moveTo(x + radius, y);
        path.arc(x, y, radius, 0, 2 * Math.PI);
      }
      if (since < 1) {
        const wide = spacing * (1.1 + 0.5 * (1 - since));
        context.globalAlpha = (1 - since) ** 1.6;
        context.drawImage(this.halos[p.name], x - wide, y - wide, 2 * wide, 2 * wide);
      }
    }
    context.globalAlpha = 1;
    context.fillStyle = this.colours.rest;
    context.fill(rest);
    shades.forEach((path, k) => {
      context.fillStyle = k > LEVELS ? this.hues.inhibitory : this.hues.excitatory;
      context.globalAlpha = (k % (LEVELS + 1)) / LEVELS;
      context.fill(path);
    });
    context.globalAlpha = 1;
  }
}
