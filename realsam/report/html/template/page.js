/** On paper the page is narrower, which the charts must know before, and nothing unfolds. */
function paper(is) {
  document.documentElement.classList.toggle("paper", is);
  for (const folded of document.querySelectorAll("details:not(.screen)")) folded.open = is;
  fit();
}

async function start() {
  themes(document.getElementById("theme"));
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
  const text = document.getElementById("text");
  if (text) listen(text);
  await Promise.all([...document.querySelectorAll("[data-chart]")].map(draw));
  const first = options.findIndex((option) => !option.classList.contains("prompt"));
  if (options.length) select(Math.max(first, 0));
  document.documentElement.dataset.ready = "";
}

start();
