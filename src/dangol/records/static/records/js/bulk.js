// Rows of a list are selected: by the boxes, with Shift over a range, by x, Shift + arrows and Ctrl + A; "all of this
// filter" means every page. The selection outlives paging and sorting and ends when the filter changes.
import { toast } from "../../web/js/toasts.js";

const MOST = 10000;
const KEY = "dangol.bulk:";
const bar = document.getElementById("bulk");
const place = `${KEY}${window.location.pathname}`;
const nothing = (filter) => ({ filter, all: false, total: 0, ids: new Set(), not: new Set() });
let chosen = nothing("");
let anchor = null;

const list = () => document.getElementById("list");
const rows = () => [...document.querySelectorAll("#list tbody tr[data-id]")];
const box = (row) => row.querySelector(".pick input");
const isOn = (id) => (chosen.all ? !chosen.not.has(id) : chosen.ids.has(id));
const size = () => (chosen.all ? chosen.total - chosen.not.size : chosen.ids.size);

function keep() {
  if (!size()) return sessionStorage.removeItem(place);
  sessionStorage.setItem(place, JSON.stringify({ ...chosen, ids: [...chosen.ids], not: [...chosen.not] }));
}

function recall() {
  const filter = list().dataset.filter;
  if (chosen.filter === filter && size()) return;
  chosen = nothing(filter);
  try {
    const kept = JSON.parse(sessionStorage.getItem(place));
    if (kept?.filter === filter) chosen = { ...kept, ids: new Set(kept.ids), not: new Set(kept.not) };
    else sessionStorage.removeItem(place);
  } catch {
    sessionStorage.removeItem(place); // not ours, or of another version: a selection may be made anew
  }
}

function paint() {
  const shown = rows();
  let on = 0;
  for (const row of shown) {
    const picked = isOn(row.dataset.id);
    on += picked;
    box(row).checked = picked;
    row.classList.toggle("on", picked);
  }
  const whole = document.querySelector("#list [data-pick-page]");
  if (whole) {
    whole.checked = on > 0 && on === shown.length;
    whole.indeterminate = on > 0 && on < shown.length;
  }
  const count = size();
  bar.hidden = count === 0;
  const number = count.toLocaleString(document.documentElement.lang);
  const words = chosen.all && !chosen.not.size ? bar.dataset.all : bar.dataset.selected;
  bar.querySelector("[data-bulk-count]").textContent = words.replace("{count}", number);
  bar.querySelector("[data-bulk-all]").hidden = chosen.all;
  keep();
}

function set(id, on) {
  if (chosen.all) on ? chosen.not.delete(id) : chosen.not.add(id);
  else if (!on) chosen.ids.delete(id);
  else if (chosen.ids.size < MOST) chosen.ids.add(id);
  else toast({ text: bar.dataset.most, tone: "o" });
}

function range(row, on) {
  const all = rows();
  const from = all.findIndex((one) => one.dataset.id === anchor);
  const to = all.indexOf(row);
  const part = from < 0 ? [row] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const one of part) set(one.dataset.id, on);
}

async function everything() {
  const url = new URL(bar.dataset.count, window.location.href);
  const filter = list().dataset.filter;
  if (filter) url.searchParams.set("filter", filter);
  if (bar.dataset.bin) url.searchParams.set("bin", "1");
  const reply = await fetch(url, { headers: { Accept: "application/json" } });
  const told = await reply.json();
  if (!reply.ok || told.count === null) return toast({ text: told.text, tone: "r" });
  chosen = { ...nothing(filter), all: true, total: told.count };
  paint();
}

function page(on) {
  for (const row of rows()) set(row.dataset.id, on);
  paint();
}

function clear() {
  chosen = nothing(list().dataset.filter);
  anchor = null;
  paint();
}

function start() {
  document.addEventListener("click", (event) => {
    const input = event.target.closest?.("#list .pick input");
    if (!input) return;
    if (input.matches("[data-pick-page]")) return page(input.checked);
    const row = input.closest("tr");
    if (event.shiftKey) range(row, input.checked);
    else set(row.dataset.id, input.checked);
    anchor = row.dataset.id;
    paint();
  });

  bar.addEventListener("click", (event) => {
    if (event.target.closest("[data-bulk-all]")) everything();
    else if (event.target.closest("[data-bulk-clear]")) {
      clear();
      document.querySelector("#list [data-pick-page]")?.focus();
    }
  });

  bar.addEventListener("submit", () => {
    bar.elements.list.value = list().dataset.token;
    bar.elements.all.value = chosen.all ? "1" : "";
    bar.elements.ids.value = chosen.all ? "" : [...chosen.ids].join(",");
    bar.elements.not.value = [...chosen.not].join(",");
  });

  document.addEventListener("keydown", (event) => {
    const at = event.target;
    if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (at.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable=true], .menu-list")) return;
    if (at !== document.body && !at.closest?.("#list, #bulk")) return;
    const all = rows();
    if (!all.length) return;
    const here = at.closest?.("tr[data-id]") ?? all.find((row) => row.dataset.id === anchor);
    const control = event.ctrlKey || event.metaKey;
    if (control && !event.shiftKey && !event.altKey && event.code === "KeyA") {
      event.preventDefault();
      if (!chosen.all && all.every((row) => isOn(row.dataset.id))) everything();
      else page(true);
    } else if (!control && !event.altKey && !event.shiftKey && event.code === "KeyX") {
      event.preventDefault();
      const row = here ?? all[0];
      set(row.dataset.id, !isOn(row.dataset.id));
      anchor = row.dataset.id;
      paint();
      if (!row.contains(document.activeElement)) box(row).focus();
    } else if (here && !control && !event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      if (!event.shiftKey && !at.matches(".pick input")) return;
      const next = all[all.indexOf(here) + (event.key === "ArrowDown" ? 1 : -1)];
      event.preventDefault();
      if (!next) return;
      if (event.shiftKey) {
        set(here.dataset.id, true);
        set(next.dataset.id, true);
        anchor = next.dataset.id;
        paint();
      }
      box(next).focus();
    }
  });

  const again = () => {
    if (!list()) return;
    recall();
    paint();
  };
  document.addEventListener("htmx:load", again);
  document.body.addEventListener("htmx:historyRestore", again);
  window.addEventListener("pageshow", again);
  again();
}

if (bar && list()) start();

// The page of a bulk act: a field that was added is not offered twice; what was begun is no longer selected.
const add = document.querySelector("[data-bulk-add]");
if (add) {
  const offer = () => {
    const taken = new Set([...document.querySelectorAll("[data-line]")].map((line) => line.dataset.line));
    for (const option of add.options) option.disabled = taken.has(option.value);
  };
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "bulk-lines") return;
    add.value = "";
    offer();
    event.target.lastElementChild?.querySelector("select, input:not([type=hidden])")?.focus();
  });
  offer();
}
document.addEventListener("click", (event) => {
  const drop = event.target.closest?.("[data-drop]");
  if (!drop) return;
  const line = drop.closest("[data-line]");
  const option = add && [...add.options].find((one) => one.value === line.dataset.line);
  if (option) option.disabled = false;
  line.remove();
  add?.focus();
});
document.querySelector("form[data-bulk-run]")?.addEventListener("submit", () => {
  sessionStorage.removeItem(`${KEY}${window.location.pathname.replace(/bulk\/$/, "")}`);
  sessionStorage.removeItem(`${KEY}${window.location.pathname.replace(/bulk\/$/, "bin/")}`);
});
