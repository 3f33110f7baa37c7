"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const views = new Map(); // of Vega, by the name of the chart

/** Draw a chart into its place. `ast`: expressions are interpreted, the page allows no eval. */
async function draw(place) {
  const name = place.dataset.chart;
  const options = {
    actions: false,
    ast: true,
    defaultStyle: false,
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  };
  const { view } = await vegaEmbed(place, data.charts[name], options);
  views.set(name, view);
  view.addEventListener("click", (_, item) => {
    if (item?.datum?.token !== undefined) select(item.datum.token);
  });
}

/** The spikes of token k, one row each. */
function spikes(k) {
  return Object.entries(data.events).flatMap(([population, fired]) =>
    fired[k].map((neuron) => ({ population, neuron }))
  );
}

/** Show token k in the charts: its raster, and a line where it is in time. */
function mark(k) {
  for (const name of ["rate", "activity"]) views.get(name)?.signal("token", k).runAsync();
  views.get("raster")?.data("rows", spikes(k)).runAsync();
}

/** Lay the charts out for the width that their places have now. */
function fit() {
  for (const place of document.querySelectorAll("[data-chart]")) {
    views.get(place.dataset.chart)?.signal("width", place.clientWidth).run();
  }
}
