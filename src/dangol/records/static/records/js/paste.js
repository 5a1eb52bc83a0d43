// Ctrl V on a list: cells copied in a spreadsheet – more than one – go to the grid that shows what would become of them.
const form = document.getElementById("paste");
if (form) {
  document.addEventListener("paste", (event) => {
    if (document.querySelector("dialog[open]")) return;
    if (event.target.closest?.("input, select, textarea, [contenteditable=true]")) {
      if (!event.target.matches("input[type=checkbox]")) return;
    }
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    form.elements.cells.value = text;
    form.submit();
  });
}
