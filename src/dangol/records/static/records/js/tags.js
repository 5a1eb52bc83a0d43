// Tags: names with commas between them; for the one being typed the known ones are offered. Enter takes one, then saves.
const WAIT = 120;

function start(box) {
  if (box.dataset.ready) return;
  box.dataset.ready = "1";
  const input = box.querySelector("input");
  const list = box.querySelector("[role=listbox]");
  let timer = 0;
  let asked = null;
  const options = () => [...list.querySelectorAll("[role=option]")];
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const typed = () => {
    const before = input.value.slice(0, input.selectionStart);
    return { from: before.lastIndexOf(",") + 1, text: before.slice(before.lastIndexOf(",") + 1).trim() };
  };

  function mark(option) {
    options().forEach((one) => one.setAttribute("aria-selected", String(one === option)));
    if (!option) return;
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function choose(option) {
    const { from } = typed();
    const after = input.value.slice(input.selectionStart).replace(/^[^,]*/, "");
    const head = `${input.value.slice(0, from)}${from ? " " : ""}${option.dataset.title}, `;
    input.value = head + after.replace(/^,\s*/, "");
    input.setSelectionRange(head.length, head.length);
    close();
  }

  async function ask() {
    const { text } = typed();
    if (!text) return close();
    asked?.abort();
    asked = new AbortController();
    const url = new URL(box.dataset.tags, window.location.href);
    url.searchParams.set("q", text);
    try {
      const reply = await fetch(url, { signal: asked.signal, headers: { "HX-Request": "true" } });
      if (!reply.ok) return close();
      list.innerHTML = await reply.text();
      options().forEach((option, at) => { option.id = `${list.id}-${at}`; });
      if (!options().length) return close();
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
    } catch (problem) {
      if (problem.name !== "AbortError") close();
    }
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || list.hidden) return;
    const all = options();
    const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") mark(all[(at + 1) % all.length]);
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
  // In a cell that has just become a field: on with the next tag, instead of everything marked to be overwritten.
  requestAnimationFrame(() => {
    if (document.activeElement !== input || !input.value) return;
    input.value = `${input.value.replace(/[,\s]*$/, "")}, `;
    input.setSelectionRange(input.value.length, input.value.length);
  });
  input.addEventListener("blur", () => setTimeout(close, 100));
}

const startAll = (root) => root.querySelectorAll?.("[data-tags]").forEach(start);
startAll(document);
document.addEventListener("htmx:afterSwap", (event) => startAll(event.target));
