const options = [...document.querySelectorAll("#text [role=option]")];
const order = new Map(options.map((option, k) => [option, k]));
const panel = document.getElementById("panel");
let selected = 0; // the token that was focused or tapped last
let shown = -1; // the one in the panel: the selected one, or that under the mouse

/** Show token k in the panel and in the charts. */
function show(k) {
  if (k === shown || !options.length) return;
  options[shown]?.classList.remove("shown");
  options[k].classList.add("shown");
  shown = k;
  const token = data.tokens[k];
  for (const part of panel.querySelectorAll("[data-is]")) part.textContent = token[part.dataset.is];
  panel.querySelectorAll("dd").forEach((number, i) => (number.textContent = token.numbers[i]));
  mark(k);
}

/** Make token k the one that keys start from, and that is shown while the mouse is elsewhere. */
function select(k) {
  options[selected].tabIndex = -1;
  options[selected].setAttribute("aria-selected", "false");
  options[k].tabIndex = 0;
  options[k].setAttribute("aria-selected", "true");
  selected = k;
  show(k);
}

/** Where a token is: its widest part, as a line may break after its space. */
function box(k) {
  const parts = [...options[k].getClientRects()];
  return parts.reduce((widest, part) => (part.width > widest.width ? part : widest));
}

/** The token above (-1) or below (1) token k, nearest to it. */
function beyond(k, direction) {
  const from = box(k);
  let found = k;
  let top = null;
  for (let i = k + direction; options[i]; i += direction) {
    const at = box(i);
    if (Math.abs(at.top - from.top) < at.height / 2) continue;
    top ??= at.top;
    if (Math.abs(at.top - top) > at.height / 2) break;
    if (found === k || Math.abs(at.left - from.left) < Math.abs(box(found).left - from.left)) found = i;
  }
  return found;
}

const KEYS = {
  ArrowRight: (k) => k + 1,
  ArrowLeft: (k) => k - 1,
  ArrowDown: (k) => beyond(k, 1),
  ArrowUp: (k) => beyond(k, -1),
  Home: () => 0,
  End: () => options.length - 1,
};

/** Call `act` with the number of the token that an event happened on. */
function onToken(event, act) {
  const k = order.get(event.target.closest("[role=option]"));
  if (k !== undefined) act(k);
}

function listen(text) {
  text.addEventListener("pointerover", (event) => onToken(event, show));
  text.addEventListener("pointerleave", () => show(selected));
  text.addEventListener("focusin", (event) => onToken(event, select));
  text.addEventListener("keydown", (event) => {
    const next = KEYS[event.key]?.(selected);
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    options[Math.min(Math.max(next, 0), options.length - 1)].focus();
  });
}
