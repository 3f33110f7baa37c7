/* Commands to copy, and texts to walk through token by token. */
const data = JSON.parse(document.getElementById("data").textContent);

for (const copy of document.querySelectorAll(".copy")) {
  const code = copy.parentElement.querySelector("code");
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code); // for Ctrl-C, where scripts may not copy
      copy.textContent = "Selected";
    }
    setTimeout(() => (copy.textContent = "Copy"), 1600);
  });
}

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Say below the heading of a text what the token under mouse or focus did. */
function readable(article) {
  const now = article.querySelector(".now");
  const tokens = [...article.querySelectorAll("[role=option]")];
  let focused = 0;
  const show = (token) => {
    for (const other of tokens) other.classList.toggle("shown", other === token);
    const text = token.textContent.replaceAll("\n", "⏎");
    now.textContent = `${text}  ${token.dataset.n ?? "no"} spikes`;
  };
  tokens.forEach((token, k) => {
    const label = token.textContent.trim() || "line break";
    token.setAttribute("aria-label", `${label}: ${token.dataset.n ?? "no"} spikes`);
    token.addEventListener("pointerenter", () => show(token));
    token.addEventListener("focus", () => {
      tokens[focused].tabIndex = -1;
      token.tabIndex = 0;
      focused = k;
      show(token);
    });
    token.addEventListener("click", () => token.focus());
  });
  article.querySelector("[role=listbox]").addEventListener("keydown", (event) => {
    const ends = { Home: 0, End: tokens.length - 1 };
    const next = ends[event.key] ?? focused + (STEPS[event.key] ?? NaN);
    if (Number.isNaN(next) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    tokens[Math.min(Math.max(next, 0), tokens.length - 1)].focus();
  });
}

document.querySelectorAll(".samples article").forEach(readable);
themes(document.getElementById("theme"));
