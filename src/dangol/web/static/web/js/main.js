// Entry of every page. Each module looks after its own attributes; none needs another framework than htmx.
import "./requests.js";
import "./theme.js";
import "./menus.js";
import "./toasts.js";
import "./dialogs.js";
import "./palette.js";
import "./keys.js";
import "./inline.js";
import "./live.js";
import "./tables.js";
import "./errors.js";

// Charts are heavy: their code and ECharts come only to pages that have one.
async function drawCharts(root) {
  if (!root.querySelector("[data-chart]")) return;
  const charts = await import("./charts.js");
  charts.observe(root);
}

drawCharts(document);
document.addEventListener("htmx:load", (event) => drawCharts(event.target));
