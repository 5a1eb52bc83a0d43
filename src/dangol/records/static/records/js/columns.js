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
