// The composer: choosing a kind puts the cursor into the text, Ctrl+Enter sends, what was sent is cleared.
const form = () => document.querySelector("form[data-composer]");

function choose(kind) {
  const composer = form();
  const radio = composer?.querySelector(`input[name=kind][value="${kind}"]`);
  if (!radio) return;
  radio.checked = true;
  opened(composer, kind);
}

function opened(composer, kind) {
  composer.dataset.kind = kind;
  composer.dataset.open = "";
  composer.elements.text.focus();
}

document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-composer] input[name=kind]")) opened(event.target.form, event.target.value);
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches("form[data-composer] textarea")) event.target.form.dataset.open = "";
});

document.addEventListener("keydown", (event) => {
  if (!event.target.matches("form[data-composer] :is(textarea, input, select)")) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    event.target.form.requestSubmit();
  } else if (event.key === "Escape") {
    delete event.target.form.dataset.open;
    event.target.blur();
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const composer = event.detail.elt;
  if (!composer.matches?.("form[data-composer]") || event.detail.xhr.status !== 200) return;
  composer.elements.text.value = "";
  for (const name of ["when", "minutes"]) composer.elements[name].value = "";
  composer.querySelector("#composer-due").textContent = "";
  composer.querySelector(".err")?.remove();
  delete composer.dataset.open;
  composer.elements.text.blur();
});

// A link such as /customers/12/#call opens the composer for a call.
const kind = window.location.hash.slice(1);
if (kind) choose(kind);
