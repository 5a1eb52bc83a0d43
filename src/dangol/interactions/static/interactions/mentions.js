// Names behind an @: while one is typed, colleagues are offered – by name or initials – and who may not see the record is
// told before anything is sent. The form's hidden field `mentions` carries the ids of those chosen.
const WAIT = 150;
const NAME = /(?:^|[\s(])@([^\s@]{0,20})$/u;

function start(area) {
  if (area.dataset.ready) return;
  area.dataset.ready = "1";
  const hidden = area.form.elements.mentions;
  const list = document.createElement("span");
  const note = document.createElement("span");
  list.className = "lookup-list";
  list.id = `mentions-${Math.random().toString(36).slice(2)}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "@");
  list.hidden = true;
  note.className = "mentionnote";
  note.setAttribute("role", "status");
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  area.after(list, note);
  let timer = 0;
  let asked = null;
  const options = () => [...list.querySelectorAll("[role=option]")];
  const close = () => { list.hidden = true; area.removeAttribute("aria-activedescendant"); };
  const typed = () => NAME.exec(area.value.slice(0, area.selectionStart));

  function mark(option) {
    options().forEach((one) => one.setAttribute("aria-selected", String(one === option)));
    if (!option) return;
    option.scrollIntoView({ block: "nearest" });
    area.setAttribute("aria-activedescendant", option.id);
  }

  function choose(option) {
    const found = typed();
    close();
    if (!found) return;
    const end = area.selectionStart;
    const from = end - found[1].length;
    area.setRangeText(`${option.dataset.title} `, from, end, "end");
    hidden.value = [...new Set([...hidden.value.split(",").filter(Boolean), option.dataset.id])].join(",");
    if (option.dataset.unseen) note.textContent = option.dataset.unseen;
    area.focus();
  }

  async function ask() {
    const found = typed();
    if (!found) return close();
    asked?.abort();
    asked = new AbortController();
    const url = new URL(area.dataset.mentions, window.location.href);
    url.searchParams.set("q", found[1]);
    try {
      const reply = await fetch(url, { signal: asked.signal, headers: { "HX-Request": "true" } });
      if (!reply.ok) return close();
      list.innerHTML = await reply.text();
      options().forEach((option, at) => { option.id = `${list.id}-${at}`; });
      if (!options().length) return close();
      list.hidden = false;
      mark(options()[0]);
    } catch (problem) {
      if (problem.name !== "AbortError") close();
    }
  }

  area.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
  area.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || list.hidden || event.ctrlKey || event.metaKey) return;
    const all = options();
    const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") mark(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") mark(all.at(at <= 0 ? -1 : at - 1));
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) choose(all[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    event.preventDefault();
    choose(option);
  });
  area.addEventListener("blur", () => setTimeout(close, 100));
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  if (event.target.matches?.(".commentbox textarea")) event.target.form.requestSubmit();
});
const startAll = (root) => root.querySelectorAll?.("textarea[data-mentions]").forEach(start);
startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.target));
