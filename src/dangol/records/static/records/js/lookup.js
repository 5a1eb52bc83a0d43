// Reference fields: type to find, arrows and Enter to choose. The hidden input carries the id; typing clears it.
const WAIT = 120;

function start(box) {
  if (box.dataset.ready) return;
  box.dataset.ready = "1";
  const [input, hidden] = box.querySelectorAll("input");
  const list = box.querySelector("[role=listbox]");
  let timer = 0;
  let asked = null;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); };

  function mark(option) {
    options().forEach((one) => one.setAttribute("aria-selected", String(one === option)));
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function choose(option) {
    hidden.value = option.dataset.id;
    input.value = option.dataset.title;
    close();
    input.dispatchEvent(new CustomEvent("lookup:chosen", { bubbles: true }));
  }

  async function ask() {
    asked?.abort();
    asked = new AbortController();
    const url = new URL(box.dataset.lookup, window.location.href);
    url.searchParams.set("q", input.value.trim());
    try {
      const reply = await fetch(url, { signal: asked.signal, headers: { "HX-Request": "true" } });
      if (!reply.ok) return close();
      list.innerHTML = await reply.text();
      options().forEach((option, at) => { option.id = `${list.id}-${at}`; });
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      mark(options()[0]);
    } catch (problem) {
      if (problem.name !== "AbortError") close();
    }
  }

  input.addEventListener("input", () => {
    hidden.value = "";
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const all = options();
    const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" && list.hidden) ask();
    else if (list.hidden) return;
    else if (event.key === "ArrowDown") mark(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") mark(all.at(at <= 0 ? -1 : at - 1));
    else if (event.key === "Enter" && at >= 0) choose(all[at]);
    else if (event.key === "Escape") { close(); event.stopPropagation(); }
    else return;
    event.preventDefault();
  });
  list.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    event.preventDefault();
    choose(option);
  });
  input.addEventListener("blur", () => setTimeout(close, 100));
}

const startAll = (root) => root.querySelectorAll?.("[data-lookup]").forEach(start);
startAll(document);
document.addEventListener("htmx:afterSwap", (event) => startAll(event.target));
