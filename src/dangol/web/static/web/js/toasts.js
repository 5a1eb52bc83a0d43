// Short messages at the corner: from Django messages, from the header HX-Trigger {"toast": {text, tone, action}}.
const box = document.getElementById("toasts");

/** The sentences for failures, translated by the server. */
export const words = () => box?.dataset ?? {};

/** An icon of the sprite. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "ti");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${box.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

/** Show a message: text; tone "" (done), "o" (mind) or "r" (wrong: stays until closed); action {label, url}, or {label, act} for a function. */
export function toast({ text, tone = "", action = null }) {
  if (!box || !text) return;
  const line = document.createElement("div");
  line.className = `toast ${tone}`.trim();
  const words = document.createElement("div");
  words.className = "grow";
  words.textContent = text;
  if (action) {
    const link = document.createElement(action.act ? "button" : "a");
    if (action.act) {
      link.type = "button";
      link.className = "act";
      link.addEventListener("click", () => { line.remove(); action.act(); });
    } else link.href = action.url;
    link.textContent = action.label;
    words.append(" ", link);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "x";
  close.dataset.toastClose = "";
  close.setAttribute("aria-label", box.dataset.close);
  close.append(icon("x"));
  line.append(icon({ r: "alert-circle", o: "alert-triangle" }[tone] ?? "check"), words, close);
  box.append(line);
  raise();
  leave(line);
}

/** Bring the messages above a dialog that has just opened. */
export function raise() {
  if (!box?.showPopover) return;
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover();
}

function leave(line) {
  if (line.matches(".r")) return;
  let timer = setTimeout(() => line.remove(), 6000);
  line.addEventListener("pointerenter", () => clearTimeout(timer));
  line.addEventListener("focusin", () => clearTimeout(timer));
  line.addEventListener("pointerleave", () => (timer = setTimeout(() => line.remove(), 3000)));
}

if (box) {
  box.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest(".toast").remove());
  box.querySelectorAll(".toast").forEach(leave);
  document.body.addEventListener("toast", (event) => toast(event.detail));
  raise();
}
