// Cells of a table that becomes cards on a phone carry the name of their column, for the style sheet to show.
function name(root) {
  for (const table of root.querySelectorAll("table.folds")) {
    const heads = [...table.querySelectorAll("thead th")].map((head) => (head.querySelector(".sr") ? "" : head.textContent.trim()));
    for (const row of table.querySelectorAll("tbody tr")) {
      [...row.cells].forEach((cell, at) => (cell.dataset.th = heads[at] ?? ""));
    }
  }
}

name(document);
document.addEventListener("htmx:load", (event) => name(event.target.parentElement ?? document));
