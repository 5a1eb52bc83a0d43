// Cells that become fields: <td data-inline tabindex="0" hx-get="…" hx-trigger="inline" hx-swap="innerHTML">.
// Enter, F2 or a double click (data-inline="click": one click) asks the server for the field; Esc brings back
// what stood there; Enter sends. The fragment is a form whose hx-target is "closest [data-inline]".
const before = new WeakMap();
// What is typed between opening a cell and its field's being there, so that quick fingers lose nothing and no letter is
// taken for a shortcut. A letter that is composed (한글) cannot be kept: it needs a field to be composed in.
const early = new WeakMap();

const editing = (cell) => before.has(cell);
const field = (cell) => cell.querySelector("input:not([type=hidden]), select, textarea");

function open(cell) {
  if (editing(cell) || cell.getAttribute("aria-disabled") === "true") return;
  before.set(cell, [...cell.childNodes].map((node) => node.cloneNode(true)));
  early.set(cell, []);
  window.htmx.trigger(cell, "inline");
}

function cancel(cell) {
  const nodes = before.get(cell);
  if (!nodes) return;
  before.delete(cell);
  early.delete(cell);
  cell.replaceChildren(...nodes);
  window.htmx.process(cell);
  cell.focus();
}

for (const kind of ["dblclick", "click"]) {
  document.addEventListener(kind, (event) => {
    const cell = event.target.closest("[data-inline]");
    if (!cell || event.target.closest("a, button, input, select, textarea, label")) return;
    if (kind === "click" && cell.dataset.inline !== "click") return;
    open(cell);
  });
}

document.addEventListener("keydown", (event) => {
  const keys = early.get(event.target);
  if (!keys || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.length > 1 && event.key !== "Enter" && event.key !== "Backspace") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!event.repeat) keys.push(event.key);
}, true);

function replay(cell, control) {
  const keys = early.get(cell) ?? [];
  early.delete(cell);
  if (!keys.length || !control.matches("input:not([type=checkbox], [type=radio]), textarea")) return;
  const sends = keys.indexOf("Enter");
  let typed = "";
  for (const key of sends < 0 ? keys : keys.slice(0, sends)) typed = key === "Backspace" ? typed.slice(0, -1) : typed + key;
  if (!typed) return;
  control.value = typed;
  control.dispatchEvent(new Event("input", { bubbles: true }));
  if (sends >= 0) control.form.requestSubmit();
}

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("[data-inline]");
  if (!cell || event.isComposing || event.keyCode === 229) return;
  if (event.target === cell && (event.key === "Enter" || event.key === "F2")) {
    event.preventDefault();
    open(cell);
  } else if (event.key === "Escape" && editing(cell)) {
    event.preventDefault();
    event.stopPropagation();
    cancel(cell);
  } else if (event.key === "Enter" && event.target.matches("select") && event.target.form) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

const edited = (event) => {
  const cell = event.target.closest?.("[data-inline]") ?? event.target;
  return cell.matches?.("[data-inline]") && editing(cell) ? cell : null;
};

document.addEventListener("htmx:afterSwap", (event) => {
  const cell = edited(event);
  if (!cell || field(cell)) return;
  before.delete(cell);
  early.delete(cell);
  cell.focus();
});

// A field takes keys only once htmx has bound its form (it does when it settles, a moment after the swap): an
// Enter before that would send the form as a page of its own.
document.addEventListener("htmx:afterSettle", (event) => {
  const cell = edited(event);
  const control = cell && field(cell);
  if (!control) return;
  control.focus();
  control.select?.();
  replay(cell, control);
});

for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, (event) => {
    if (event.target.matches?.("[data-inline]")) {
      before.delete(event.target);
      early.delete(event.target);
    }
  });
}
