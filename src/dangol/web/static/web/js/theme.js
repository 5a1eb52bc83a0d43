// Light, dark or as the system; changed at once, kept by the server.
const root = document.documentElement;

function announce() {
  document.dispatchEvent(new CustomEvent("dangol:theme"));
}

document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!event.target.matches("[data-preferences]") || button?.name !== "theme") return;
  event.preventDefault();
  root.dataset.theme = button.value;
  for (const other of event.target.querySelectorAll("button[name=theme]")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  announce();
  const body = new FormData(event.target, button);
  const answer = await fetch(event.target.action, { method: "POST", body, headers: { "HX-Request": "true" } });
  if (!answer.ok) event.target.submit();
});

window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announce);
