// The composer: choosing a kind puts the cursor into the text, Ctrl+Enter sends, what was sent is cleared.
let step = null; // the step whose act opened the composer
const form = () => document.querySelector("form[data-composer]");

function choose(kind, text = "", contact = "") {
  const composer = form();
  const radio = composer?.querySelector(`input[name=kind][value="${CSS.escape(kind)}"]`);
  if (!radio) return false;
  radio.checked = true;
  if (text && !composer.elements.text.value) composer.elements.text.value = text;
  if (contact && composer.elements.contact) composer.elements.contact.value = contact;
  opened(composer, kind);
  composer.scrollIntoView({ block: "center" });
  return true;
}

// A step such as "log a call with 최은호": the composer opens with all that is known.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-compose]");
  if (!link || !choose(link.dataset.compose, link.dataset.text, link.dataset.contact)) return;
  event.preventDefault();
  step = link.closest(".nba");
});

function opened(composer, kind) {
  composer.dataset.kind = kind;
  composer.dataset.expanded = "";
  composer.elements.text.focus();
}

// A click, not a change: the key of the kind that is chosen already opens the composer too.
document.addEventListener("click", (event) => {
  if (event.target.matches?.("form[data-composer] input[name=kind]")) opened(event.target.form, event.target.value);
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches("form[data-composer] textarea")) event.target.form.dataset.expanded = "";
});

document.addEventListener("keydown", (event) => {
  if (!event.target.matches("form[data-composer] :is(textarea, input, select)")) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    event.target.form.requestSubmit();
  } else if (event.key === "Escape") {
    delete event.target.form.dataset.expanded;
    event.target.blur();
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const composer = event.detail.elt;
  if (!composer.matches?.("form[data-composer]") || event.detail.xhr.status !== 200) return;
  composer.elements.text.value = "";
  for (const name of ["when", "minutes", "mentions"]) composer.elements[name].value = "";
  composer.querySelector("#composer-due").textContent = "";
  composer.querySelector(".err")?.remove();
  delete composer.dataset.expanded;
  composer.elements.text.blur();
  step?.remove(); // what the step asked for has been done
  step = null;
});

// A link such as /customers/12/#call opens the composer for a call.
const kind = window.location.hash.slice(1);
if (kind) choose(kind);
