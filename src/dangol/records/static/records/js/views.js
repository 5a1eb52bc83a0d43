// What lists do beyond the table: cards moved by hand or keys, walking beside the record, links, lanes on a phone.
import { csrfToken } from "../../web/js/requests.js";
import { toast, words } from "../../web/js/toasts.js";

const sortable = document.querySelector("script[data-sortable]")?.dataset.sortable;

// Moving a card: at once on the page, then on the server; refused, it goes back, and the reason is said.
async function send(board, card, to) {
  const body = new URLSearchParams({
    csrfmiddlewaretoken: csrfToken(), id: card.dataset.card, version: card.dataset.version, by: board.dataset.by, to,
  });
  const reply = await fetch(board.dataset.move, { method: "POST", body });
  if (reply.status === 401) window.location.reload();
  const found = (reply.headers.get("Content-Type") || "").startsWith("application/json") ? await reply.json() : {};
  if (!reply.ok) throw new Error(found.message || (reply.status === 404 ? words().missing : words().broken));
  return found;
}

// `to` is the lane or day; null where that stands on another page.
async function moved(card, from, before, to, key = to.dataset.lane) {
  const board = from.closest("[data-move]");
  const back = () => from.insertBefore(card, before?.parentElement === from ? before : from.querySelector(".further"));
  card.classList.add("moving");
  try {
    const found = await send(board, card, key);
    if (found.gone || !to) card.remove();
    if (found.version) card.dataset.version = found.version;
    const undo = found.undo && { label: found.undo, act: async () => { back(); await moved(card, to ?? from, null, from); } };
    toast({ text: found.message, action: undo || null });
    window.htmx.trigger(board, "dangol:moved");
  } catch (problem) {
    back();
    toast({ text: problem instanceof TypeError ? words().failed : problem.message, tone: "r" });
  } finally {
    card.classList.remove("moving");
  }
}

async function movable(root) {
  const lanes = [...root.querySelectorAll("[data-move] [data-lane]")].filter((lane) => !lane.dataset.ready);
  if (!lanes.length || !sortable) return;
  lanes.forEach((lane) => (lane.dataset.ready = "1"));
  const { default: Sortable } = await import(sortable);
  for (const lane of lanes) {
    let before = null;
    Sortable.create(lane, {
      group: "cards", draggable: ".movable", filter: ".further", preventOnFilter: false, animation: 120, delay: 180, delayOnTouchOnly: true,
      onStart: (event) => (before = event.item.nextElementSibling),
      onEnd: (event) => { if (event.to !== event.from) moved(event.item, event.from, before, event.to); },
    });
  }
}

// Without dragging: a menu on each card says where to (WCAG 2.5.7).
let menuCard = null;
const menu = () => document.getElementById("move-menu");
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-move-open]");
  if (opener) {
    menuCard = opener.closest("[data-card]");
    const here = menuCard.closest("[data-lane]").dataset.lane;
    const list = menu();
    for (const one of list.querySelectorAll("[data-to]")) one.hidden = one.dataset.to === here;
    const day = list.querySelector("input[type=date]");
    if (day) day.value = here;
    list.showPopover();
    const place = opener.getBoundingClientRect();
    const room = document.documentElement.clientWidth - list.offsetWidth - 8;
    const below = place.bottom + 4 + list.offsetHeight < window.innerHeight;
    list.style.left = `${Math.max(8, Math.min(place.left, room))}px`;
    list.style.top = `${Math.max(8, below ? place.bottom + 4 : place.top - list.offsetHeight - 4)}px`;
    list.querySelector("[data-to]:not([hidden]), input")?.focus();
    return;
  }
  const chosen = event.target.closest("#move-menu [data-to]");
  if (chosen) place(chosen.dataset.to);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-move-day]")) return;
  event.preventDefault();
  place(event.target.elements.to.value);
});
document.addEventListener("keydown", (event) => {
  if (!event.target.closest?.("#move-menu")) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const all = [...menu().querySelectorAll("[data-to]:not([hidden])")];
  if (event.key === "Escape") event.stopPropagation();
  if (!step || !all.length) return;
  event.preventDefault();
  all.at((all.indexOf(document.activeElement) + step) % all.length).focus();
});
function place(key) {
  const card = menuCard;
  const from = card?.closest("[data-lane]");
  menu().hidePopover();
  if (!from || from.dataset.lane === key) return;
  const to = [...from.closest("[data-move]").querySelectorAll("[data-lane]")].find((lane) => lane.dataset.lane === key);
  const before = card.nextElementSibling;
  to?.prepend(card);
  if (to) card.querySelector("[data-move-open]").focus();
  moved(card, from, before, to ?? null, key);
}

document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.("[data-card]");
  if (!card || event.isComposing || event.target.closest("[data-move-open]")) return;
  const lane = card.closest("[data-lane]");
  const lanes = [...card.closest("[data-move]").querySelectorAll("[data-lane]")];
  const week = card.closest("[data-calendar]") ? 7 : 0;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -week, ArrowDown: week }[event.key];
  if (!step && !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  if (event.altKey && step && card.matches(".movable")) {
    event.preventDefault();
    const to = lanes[lanes.indexOf(lane) + step];
    if (!to) return;
    const before = card.nextElementSibling;
    to.prepend(card);
    card.querySelector("a").focus();
    moved(card, lane, before, to);
  } else if (!event.altKey && !event.ctrlKey && !event.metaKey && !week) {
    const sideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
    const cards = [...lane.querySelectorAll("[data-card]")];
    const next = sideways
      ? lanes[lanes.indexOf(lane) + step]?.querySelector("[data-card]")
      : cards[cards.indexOf(card) + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.querySelector("a").focus();
  }
});

// Beside each other: arrow keys walk the list, the record follows.
document.addEventListener("keydown", (event) => {
  const link = event.target.closest?.(".picklist a");
  if (!link || !["ArrowUp", "ArrowDown", "j", "k"].includes(event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
  const all = [...document.querySelectorAll(".picklist a[hx-get]")];
  const next = all[all.indexOf(link) + (event.key === "ArrowDown" || event.key === "j" ? 1 : -1)];
  event.preventDefault();
  next?.focus();
  next?.click();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest(".picklist a[hx-get]");
  if (!link) return;
  for (const one of document.querySelectorAll(".picklist a[aria-current]")) one.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-link]");
  if (!button) return;
  // The whole state, so that the link also opens for those who do not find the view.
  const address = new URL(window.location.href);
  for (const field of document.querySelectorAll("#view-keep input[type=hidden]:not([name=csrfmiddlewaretoken])")) {
    address.searchParams.set(field.name, field.value);
  }
  button.closest("details").open = false;
  await navigator.clipboard.writeText(address.href);
  toast({ text: button.dataset.done });
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-lane-pick]")) return;
  document.getElementById(event.target.value)?.scrollIntoView({ inline: "start", block: "nearest" });
});

movable(document);
document.addEventListener("htmx:load", (event) => movable(event.target.parentElement ?? event.target));
