// One stream of events for an open page: the bell's number, who else is at the record, what others changed meanwhile.
// It carries ids only; words are fetched as fragments. A page that is not looked at lets its stream go, since browsers
// keep few connections to one address. Nothing is ever reloaded by itself: what is being typed stays.
import { csrfToken } from "./requests.js";

const FIRST = 2000;
const LONGEST = 120000;
const bell = document.getElementById("bell");
let source = null;
let pause = FIRST;
let timer = 0;
let key = ""; // this page, as the stream knows it
let editing = "";
const newer = new Map(); // record → version that the server told of

// Nobody asked for what is fetched here: it does not count as use of the session.
const get = (address) => fetch(address, { headers: { "HX-Request": "true", "X-Unasked": "1" }, credentials: "same-origin" });
const shown = () => [...document.querySelectorAll("[data-live]")].filter((one) => one.dataset.live);
const here = () => document.querySelector("[data-live][data-here]")?.dataset.here ?? "";

function query() {
  const parameters = new URLSearchParams();
  for (const one of shown()) parameters.append("on", one.dataset.live);
  if (here()) parameters.append("here", here());
  return parameters;
}

function count(unread) {
  const badge = bell.querySelector("[data-unread]");
  badge.hidden = !unread;
  badge.textContent = unread > 99 ? "99+" : String(unread || "");
}

async function ask() {
  const answer = await get(bell.dataset.urlCount);
  if (answer.ok) count((await answer.json()).unread);
}

async function fill(place, address) {
  const answer = await get(address);
  if (!answer.ok) return false;
  const html = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceChildren(...html.body.childNodes);
  return true;
}

async function present() {
  const place = document.querySelector("[data-present]");
  if (!place || !(await fill(place, `${bell.dataset.urlPresent}?here=${encodeURIComponent(here())}`))) return;
  for (const old of document.querySelectorAll(".editing-by")) old.remove();
  for (const one of place.querySelectorAll("[data-field]")) {
    const field = CSS.escape(one.dataset.field);
    const spot = document.querySelector(`[hx-get$="/cell/${field}/"], .record-form .field:has([name="${field}"])`);
    if (!spot) continue;
    const mark = document.createElement(spot.matches("dd") ? "dd" : "span");
    mark.className = "editing-by";
    mark.textContent = one.dataset.text;
    if (spot.matches(".field")) spot.append(mark);
    else spot.after(mark);
  }
}

async function changed({ type, versions }) {
  for (const [record, version] of Object.entries(versions)) newer.set(`${type}:${record}`, version);
  for (const one of shown()) {
    if (one.dataset.live.startsWith(`${type}:`)) await fill(one, `${bell.dataset.urlChanged}?${asking(one)}`);
  }
}

const asking = (one) => {
  const parameters = new URLSearchParams({ on: one.dataset.live });
  if (one.dataset.here) parameters.append("here", one.dataset.here);
  return parameters;
};

function open() {
  clearTimeout(timer);
  if (source || document.hidden) return;
  source = new EventSource(`${bell.dataset.urlStream}?${query()}`);
  source.addEventListener("hello", (event) => {
    pause = FIRST;
    ({ key } = JSON.parse(event.data));
    editing = "";
  });
  source.addEventListener("count", (event) => count(JSON.parse(event.data).unread));
  source.addEventListener("present", present);
  source.addEventListener("changed", (event) => changed(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    close();
    // Scattered, so that the pages of a server that starts anew do not all come at once.
    timer = setTimeout(open, pause * (0.5 + Math.random()));
    if (pause > FIRST) ask().catch(() => {});
    pause = Math.min(pause * 2, LONGEST);
  });
}

function close() {
  source?.close();
  source = null;
  key = "";
}

function edit(field) {
  if (!key || field === editing) return;
  editing = field;
  const body = new URLSearchParams({ key, field, csrfmiddlewaretoken: csrfToken() });
  fetch(bell.dataset.urlEditing, { method: "POST", body, credentials: "same-origin" }).catch(() => {});
}

function fieldOf(element) {
  const cell = element.closest?.("[data-inline]");
  if (cell && element !== cell) return cell.getAttribute("hx-get")?.match(/\/cell\/([^/]+)\/$/)?.[1] ?? "";
  return element.closest?.(".record-form") ? (element.name ?? "") : "";
}

if (bell) {
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return open();
    clearTimeout(timer);
    timer = setTimeout(() => document.hidden && close(), 10000);
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  // Another list in the same page: another stream.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!event.target.querySelector?.("[data-live]") && !event.target.matches?.("[data-live]")) return;
    close();
    open();
  });
  if (here()) {
    document.addEventListener("focusin", (event) => {
      const field = fieldOf(event.target);
      if (field && field !== "csrfmiddlewaretoken") edit(field);
    });
    document.addEventListener("focusout", () => setTimeout(() => fieldOf(document.activeElement) || edit(""), 200));
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-reload]")) {
      event.preventDefault();
      window.location.reload();
    }
    const notice = event.target.closest("[data-notice]");
    if (!notice || !notice.closest(".new")) return;
    const body = new URLSearchParams({ ids: notice.dataset.notice, csrfmiddlewaretoken: csrfToken() });
    fetch("/notifications/read/", { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } }).catch(() => {});
  });
  bell.addEventListener("toggle", () => {
    if (bell.open) window.htmx.trigger(bell.querySelector(".menu-list"), "bell-open");
  });
  open();
  // Without a stream (a proxy in between, an old server) the number comes once.
  setTimeout(() => key || ask().catch(() => {}), 3000);
}
