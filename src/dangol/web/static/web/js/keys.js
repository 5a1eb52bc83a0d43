// Single keys, by their place on the keyboard, so that they work while Hangul is switched on.
// They can be switched off in the list of keys (WCAG 2.1.4).
import { openDialog } from "./dialogs.js";

const OFF = "dangol.keys.off";
const apple = /Mac|iPhone|iPad/.test(navigator.platform);
for (const key of document.querySelectorAll("[data-mod]")) key.textContent = `${apple ? "⌘" : "Ctrl "}${key.dataset.mod}`;

const choice = document.getElementById("keys-on");
if (choice) {
  choice.checked = localStorage.getItem(OFF) !== "1";
  choice.addEventListener("change", () => localStorage.setItem(OFF, choice.checked ? "0" : "1"));
}

const letter = (event) => (/^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : "");
let going = 0; // when g was pressed

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (localStorage.getItem(OFF) === "1" || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable=true], .menu-list")) return;
  const press = (element) => {
    if (!element) return;
    event.preventDefault();
    element.click();
  };
  const key = letter(event);
  if (going && Date.now() - going < 1500 && key) {
    going = 0;
    if (key === "h") return window.location.assign(document.body.dataset.home || "/");
    return press(document.querySelector(`[data-go="${key}"]`));
  }
  going = 0;
  if (event.key === "?") {
    event.preventDefault();
    openDialog(document.getElementById("keys"));
  } else if (event.key === "/") {
    event.preventDefault();
    openDialog(document.getElementById("palette"));
  } else if (key === "g" && !event.shiftKey) going = Date.now();
  else if (key && !event.shiftKey) press(document.querySelector(`[data-key="${key}"]`));
});
