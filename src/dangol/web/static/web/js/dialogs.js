// Native dialogs. data-open="id" opens one; data-close closes; what htmx puts into #dialog-content opens #dialog.
import { raise } from "./toasts.js";

export function openDialog(dialog) {
  if (!dialog || dialog.open) return;
  const title = dialog.querySelector("h2");
  if (title && dialog.id === "dialog") {
    title.id ||= "dialog-title";
    dialog.setAttribute("aria-labelledby", title.id);
  }
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("dangol:open"));
  raise();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) {
    event.preventDefault();
    return openDialog(document.getElementById(opener.dataset.open));
  }
  const dialog = event.target.closest("dialog");
  if (dialog && event.target.closest("[data-close]")) return dialog.close();
  if (dialog && event.target === dialog && event.detail) {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const inside = event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
    if (!inside) dialog.close();
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "dialog-content") return;
  const dialog = event.target.closest("dialog");
  if (event.target.textContent.trim()) openDialog(dialog);
  else dialog.close();
});
document.body.addEventListener("dialog:close", () => document.querySelectorAll("dialog[open]").forEach((one) => one.close()));
