// Ctrl/⌘ K: go to, create, find. The server answers data-search-url?q= with role="option" links.
import { openDialog } from "./dialogs.js";

const WAIT = 80; // milliseconds after the last keystroke; composing Hangul counts as typing
const dialog = document.getElementById("palette");

if (dialog) {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const seen = new Map(); // answers of this page view, so that deleting a letter is instant
  let timer = 0;
  let asked = null; // AbortController of the question under way
  let openFirst = false; // Enter was pressed before the answer came

  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function show(...contents) {
    list.replaceChildren(...contents);
    options().forEach((option, at) => {
      option.id = `palette-${at}`;
      option.setAttribute("aria-selected", "false");
      option.tabIndex = -1;
    });
    // A list box without options is none: then it is a message.
    list.setAttribute("role", options().length ? "listbox" : "status");
    input.setAttribute("aria-expanded", String(options().length > 0));
    choose(options()[0]);
  }

  function say(text) {
    const line = document.createElement("div");
    line.className = "none";
    line.setAttribute("role", "presentation");
    line.textContent = text;
    return line;
  }

  // Entries of the menus whose words hold what was typed; all of them for "".
  function places(query) {
    const wanted = query.toLocaleLowerCase();
    const found = document.createDocumentFragment();
    for (const [title, links] of [
      [dialog.dataset.places, document.querySelectorAll("#side a.nav-i:not([data-department])")],
      [dialog.dataset.creates, document.querySelectorAll("[data-creates] .menu-list a")],
    ]) {
      const options = [...links].map(optionOf).filter((option) => option.textContent.toLocaleLowerCase().includes(wanted));
      if (!options.length) continue;
      const heading = document.createElement("div");
      heading.className = "g";
      heading.setAttribute("role", "presentation");
      heading.textContent = title;
      found.append(heading, ...options);
    }
    return found;
  }

  function optionOf(link) {
    const option = document.createElement("a");
    option.href = link.href;
    option.setAttribute("role", "option");
    const words = document.createElement("span");
    words.textContent = [...link.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data.trim()).join("");
    option.append(link.querySelector("svg").cloneNode(true), words);
    return option;
  }

  function answer(query, html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const found = template.content.querySelector("[role=option]");
    const near = places(query);
    if (!found && !near.querySelector("[role=option]")) show(say(list.dataset.none));
    else if (found) show(template.content, near);
    else show(near);
    if (openFirst) go(chosen());
    openFirst = false;
  }

  async function ask() {
    const query = input.value.trim();
    asked?.abort();
    if (!query) return show(places(""));
    if (seen.has(query)) return answer(query, seen.get(query));
    asked = new AbortController();
    try {
      const url = new URL(dialog.dataset.searchUrl, window.location.href);
      url.searchParams.set("q", query);
      const reply = await fetch(url, { signal: asked.signal, headers: { "HX-Request": "true" } });
      if (!reply.ok || reply.redirected) throw new Error(`search answered ${reply.status}`);
      const html = await reply.text();
      seen.set(query, html);
      if (query === input.value.trim()) answer(query, html);
    } catch (problem) {
      if (problem.name === "AbortError") return;
      openFirst = false;
      show(say(list.dataset.failed));
    }
  }

  function go(option, elsewhere = false) {
    const link = option?.closest("a[href]");
    if (!link) return;
    if (elsewhere) return void window.open(link.href, "_blank", "noopener");
    dialog.close();
    window.location.assign(link.href);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    openFirst = false;
    timer = setTimeout(() => { timer = 0; ask(); }, input.value.trim() ? WAIT : 0);
  });

  input.addEventListener("keydown", (event) => {
    // Enter and arrows that belong to the syllable being composed are not ours (229: Safari, older Chrome).
    if (event.isComposing || event.keyCode === 229) return;
    const all = options();
    const at = all.indexOf(chosen());
    if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") choose(all.at(at <= 0 ? -1 : at - 1));
    else if (event.key === "Enter") {
      if (timer) { clearTimeout(timer); timer = 0; openFirst = true; ask(); }
      else if (asked && !seen.has(input.value.trim()) && input.value.trim()) openFirst = true;
      else go(chosen(), event.ctrlKey || event.metaKey);
    } else return;
    event.preventDefault();
  });

  list.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== chosen()) choose(option);
  });

  dialog.addEventListener("dangol:open", () => {
    input.value = "";
    show(places(""));
    input.focus();
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.code === "KeyK") {
      event.preventDefault();
      if (dialog.open) dialog.close();
      else if (!document.querySelector("dialog[open]")) openDialog(dialog);
    }
  });
}
