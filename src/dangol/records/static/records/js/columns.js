// The dialog of columns: those shown are moved up and down, and are sent in the order in which they stand.
function button(symbol, label, step) {
  const one = document.createElement("button");
  one.type = "button";
  one.className = "round";
  one.dataset.step = step;
  one.setAttribute("aria-label", label);
  one.textContent = symbol;
  return one;
}

for (const box of document.querySelectorAll("[data-order]")) {
  for (const line of box.children) {
    const name = line.textContent.trim();
    line.append(button("↑", `${box.dataset.up}: ${name}`, "-1"), button("↓", `${box.dataset.down}: ${name}`, "1"));
  }
  box.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-step]");
    if (!pressed) return;
    const line = pressed.parentElement;
    if (pressed.dataset.step === "-1") line.previousElementSibling?.before(line);
    else line.nextElementSibling?.after(line);
    pressed.focus();
  });
}

// By hand, too: the library comes when the dialog is opened.
const dialog = document.getElementById("columns");
dialog?.addEventListener("dangol:open", async () => {
  const address = document.querySelector("script[data-sortable]")?.dataset.sortable;
  if (!address || dialog.dataset.sortable) return;
  dialog.dataset.sortable = "1";
  const { default: Sortable } = await import(address);
  for (const box of dialog.querySelectorAll("[data-order]")) Sortable.create(box, { animation: 120, filter: "button, input", preventOnFilter: false });
});

// Columns as wide as one wants them: the edge of a heading is dragged, a double click lets all be as wide as they need. The
// widths stand in the address, like all that a list shows. With keys: Alt with the arrows on a heading.
const NARROWEST = 48;
let kept = "";
function asked(table, widths) {
  const address = new URLSearchParams(table.dataset.here.slice(1));
  if (widths) address.set("widths", widths.map(([name, width]) => `${name}:${Math.round(width)}`).join(","));
  else if (address.has("view")) address.set("widths", "");
  else address.delete("widths");
  const url = `?${address}`;
  const link = document.createElement("a");
  link.hidden = true;
  link.setAttribute("hx-push-url", url);
  document.getElementById("list").append(link);
  window.htmx.ajax("GET", url, { source: link, target: "#list", swap: "outerHTML" });
}
const measured = (table) => [...table.querySelectorAll("th[data-col]")].map((one) => [one.dataset.col, one.offsetWidth]);

document.addEventListener("pointerdown", (event) => {
  if (!event.target.matches?.(".sizer") || event.button) return;
  event.preventDefault();
  const head = event.target.parentElement;
  const table = head.closest("table");
  const widths = measured(table);
  const mine = widths.find(([name]) => name === head.dataset.col);
  const began = { x: event.clientX, width: mine[1] };
  event.target.setPointerCapture(event.pointerId);
  const move = (at) => {
    mine[1] = Math.max(NARROWEST, began.width + at.clientX - began.x);
    table.classList.add("sized");
    for (const [name, width] of widths) table.querySelector(`th[data-col="${name}"]`).width = Math.round(width);
  };
  const end = () => {
    event.target.removeEventListener("pointermove", move);
    if (mine[1] !== began.width) asked(table, widths);
  };
  event.target.addEventListener("pointermove", move);
  event.target.addEventListener("pointerup", end, { once: true });
  event.target.addEventListener("pointercancel", end, { once: true });
});
document.addEventListener("dblclick", (event) => {
  if (event.target.matches?.(".sizer")) asked(event.target.closest("table"), null);
});
document.addEventListener("keydown", (event) => {
  const head = event.target.closest?.("th[data-col]");
  const step = { ArrowLeft: -24, ArrowRight: 24 }[event.key];
  if (!head || !step || !event.altKey) return;
  event.preventDefault();
  const table = head.closest("table");
  const widths = measured(table);
  const mine = widths.find(([name]) => name === head.dataset.col);
  mine[1] = Math.max(NARROWEST, mine[1] + step);
  kept = head.dataset.col;
  asked(table, widths);
});
document.addEventListener("htmx:afterSettle", () => {
  if (kept) document.querySelector(`th[data-col="${kept}"] a`)?.focus();
  kept = "";
});
