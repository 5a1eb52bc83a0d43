// The import pages: files dropped on the form, and fields found by typing. Without this script both still work.
for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input[type=file]");
  zone.querySelector("[data-drop-hint]").hidden = false;
  for (const type of ["dragenter", "dragover"]) {
    zone.addEventListener(type, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  zone.addEventListener("dragleave", (event) => {
    if (!zone.contains(event.relatedTarget)) zone.classList.remove("over");
  });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

const folded = (text) => text.normalize("NFC").toLowerCase().replace(/\s+/g, "");

// A select with many choices becomes a field to type in; the select stays and carries the value.
function searchable(select) {
  const box = document.createElement("div");
  box.className = "pickbox";
  const input = document.createElement("input");
  const list = document.createElement("div");
  const shown = () => select.selectedOptions[0]?.textContent ?? "";
  input.className = select.className;
  input.id = `${select.id}-q`;
  input.value = shown();
  input.placeholder = select.dataset.search;
  input.autocomplete = "off";
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": `${select.id}-list`, "aria-autocomplete": "list" })) input.setAttribute(name, value);
  const label = document.querySelector(`label[for="${select.id}"]`);
  if (label) label.htmlFor = input.id;
  list.className = "picklist";
  list.id = `${select.id}-list`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", select.dataset.search);
  list.hidden = true;
  select.tabIndex = -1;
  select.setAttribute("aria-hidden", "true");
  select.before(box);
  box.append(select, input, list);

  let marked = -1;
  const options = () => [...list.querySelectorAll("[role=option]")];
  const mark = (at) => {
    const all = options();
    marked = all.length ? (at + all.length) % all.length : -1;
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === marked)));
    if (marked >= 0) {
      input.setAttribute("aria-activedescendant", all[marked].id);
      all[marked].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const fill = (wanted) => {
    list.replaceChildren();
    let group = "";
    for (const option of select.options) {
      if (wanted && !folded(option.textContent).includes(wanted)) continue;
      const heading = option.parentElement.label ?? "";
      if (heading && heading !== group) {
        const line = document.createElement("div");
        line.className = "g";
        line.textContent = heading;
        line.setAttribute("role", "presentation");
        list.append(line);
        group = heading;
      }
      const line = document.createElement("div");
      line.id = `${select.id}-o${option.index}`;
      line.dataset.value = option.value;
      line.textContent = option.textContent;
      line.setAttribute("role", "option");
      list.append(line);
    }
    const current = options().findIndex((one) => one.dataset.value === select.value);
    mark(wanted ? 0 : current);
  };
  const open = (wanted = "") => {
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    fill(wanted);
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    input.value = shown();
  };
  const take = (value) => {
    const changed = select.value !== value;
    select.value = value;
    close();
    if (changed) select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => list.hidden && open());
  input.addEventListener("input", () => open(folded(input.value)));
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open();
      else mark(marked + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      // Never sends the form: its first button may take a record away.
      event.preventDefault();
      if (list.hidden) open();
      else if (marked >= 0) take(options()[marked].dataset.value);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      close();
    }
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const line = event.target.closest("[role=option]");
    if (line) take(line.dataset.value);
  });
}

const dress = (root) => root.querySelectorAll("select[data-search]:not(.pickbox > select)").forEach(searchable);
dress(document);
// The form comes back from the server after every choice; who was in a field stays there.
let focused = "";
document.addEventListener("htmx:beforeSwap", () => {
  focused = document.activeElement?.id ?? "";
});
document.addEventListener("htmx:afterSettle", () => {
  dress(document);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
});
