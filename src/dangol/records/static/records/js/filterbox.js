// The filter as text, or the value of one condition (data-before names the fields that stand before it): completions at the cursor, from the server that knows fields, operators and values.
const WAIT = 120;

function start(input) {
  if (input.dataset.ready) return;
  input.dataset.ready = "1";
  const list = document.createElement("div");
  list.className = "lookup-list";
  list.id = `${input.id || input.name}-options`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  input.parentElement.append(list);
  const before = () => (input.dataset.before || "").split(" ").filter(Boolean)
    .map((id) => `${document.getElementById(id).value} `).join("");
  let timer = 0;
  let asked = null;
  let items = [];
  let at = -1;

  const close = () => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); };

  function mark(next) {
    at = next;
    [...list.children].forEach((one, index) => one.setAttribute("aria-selected", String(index === at)));
    if (at >= 0) {
      list.children[at].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", list.children[at].id);
    } else input.removeAttribute("aria-activedescendant");
  }

  function choose(index) {
    const item = items[index];
    close();
    input.focus();
    if (input.dataset.before) {
      input.value = item.text.replace(/^"(.*)"$/, "$1"); // the server puts the value into quotes itself
      return;
    }
    const cursor = item.start + item.text.length;
    input.value = input.value.slice(0, item.start) + item.text + input.value.slice(item.end);
    input.setSelectionRange(cursor, cursor);
    timer = setTimeout(ask, WAIT);
  }

  async function ask() {
    asked?.abort();
    asked = new AbortController();
    const url = new URL(input.dataset.suggest, window.location.href);
    const prefix = before();
    url.searchParams.set("q", prefix + input.value);
    url.searchParams.set("cursor", prefix.length + input.selectionStart);
    try {
      const reply = await fetch(url, { signal: asked.signal });
      if (!reply.ok) return close();
      ({ items } = await reply.json());
      items = items.filter((item) => item.start >= prefix.length);
    } catch (problem) {
      if (problem.name !== "AbortError") close();
      return;
    }
    list.replaceChildren(...items.map((item, index) => {
      const option = document.createElement("div");
      option.setAttribute("role", "option");
      option.id = `${list.id}-${index}`;
      const label = document.createElement("span");
      label.textContent = item.label;
      const text = document.createElement("span");
      text.className = "mut end";
      text.textContent = item.text === item.label ? "" : item.text;
      option.append(label, text);
      return option;
    }));
    list.hidden = items.length === 0 || document.activeElement !== input;
    input.setAttribute("aria-expanded", String(!list.hidden));
    mark(-1);
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
  input.addEventListener("focus", () => { timer = setTimeout(ask, WAIT); });
  input.addEventListener("blur", () => setTimeout(close, 120));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || list.hidden) return;
    if (event.key === "ArrowDown") mark((at + 1) % items.length);
    else if (event.key === "ArrowUp") mark(at <= 0 ? items.length - 1 : at - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) choose(at);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  list.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    event.preventDefault();
    choose([...list.children].indexOf(option));
  });
}

const startAll = () => document.querySelectorAll("input[data-suggest]").forEach(start);
startAll();
document.addEventListener("htmx:afterSettle", startAll);
