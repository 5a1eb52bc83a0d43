// Dashboards: each tile is drawn to its own size and fails alone. While one builds, tiles are moved and resized by pointer
// or arrow keys; the server says where all of them then stand, and in which words it is read out.
import { csrfToken } from "../web/js/requests.js";
import { toast, words } from "../web/js/toasts.js";

const grid = document.getElementById("tiles");
const said = document.getElementById("said");
const COLUMNS = 12;
const LEAST = { w: 2, h: 2 };
const TALLEST = 10;

// How large the chart may be.
document.addEventListener("htmx:configRequest", (event) => {
  const body = event.detail.elt;
  if (!body.matches?.("[data-body]")) return;
  const style = getComputedStyle(body);
  event.detail.parameters.px = Math.floor(body.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
  event.detail.parameters.py = Math.floor(body.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom));
});

// A tile that fails says so itself; the others do not care.
function failed(body, isFailed) {
  body.hidden = isFailed;
  body.parentElement.querySelector(".tile-failed").hidden = !isFailed;
}
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => event.detail.elt.matches?.("[data-body]") && failed(event.detail.elt, true));
}
document.addEventListener("click", (event) => {
  const again = event.target.closest("[data-again]");
  if (!again) return;
  const body = again.closest(".tile").querySelector("[data-body]");
  failed(body, false);
  window.htmx.trigger(body, "again");
});

const redraw = (tile) => window.htmx.trigger(tile.querySelector("[data-body]"), "again");

if (grid) {
  let width = grid.clientWidth;
  let waiting = 0;
  new ResizeObserver(() => {
    if (Math.abs(grid.clientWidth - width) < 8) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      width = grid.clientWidth;
      grid.querySelectorAll(":scope > .tile:not(.k-note)").forEach(redraw);
    }, 300);
  }).observe(grid);
}

const at = (tile) => {
  const [x, y, w, h] = tile.dataset.at.split(" ").map(Number);
  return { x, y, w, h };
};

function within({ x, y, w, h }) {
  const wide = Math.min(Math.max(w, LEAST.w), COLUMNS);
  const high = Math.min(Math.max(h, LEAST.h), TALLEST);
  return { x: Math.min(Math.max(x, 0), COLUMNS - wide), y: Math.max(y, 0), w: wide, h: high };
}

/** Put all tiles where the server says they are, in the order in which one reads them. */
function apply({ version, tiles, said: sentence }) {
  grid.dataset.version = version;
  document.querySelectorAll("input[name=version]").forEach((field) => { field.value = version; });
  const focused = document.activeElement;
  const sections = [...grid.querySelectorAll(":scope > .tile")];
  for (const section of sections) {
    const place = tiles[section.dataset.tile];
    if (!place) continue;
    const before = at(section);
    const [x, y, w, h] = place;
    section.classList.remove(`gx${before.x}`, `gy${before.y}`, `gw${before.w}`, `gh${before.h}`);
    section.classList.add(`gx${x}`, `gy${y}`, `gw${w}`, `gh${h}`);
    section.dataset.at = place.join(" ");
    if (before.w !== w || before.h !== h) redraw(section);
  }
  const sorted = [...sections].sort((one, other) => at(one).y - at(other).y || at(one).x - at(other).x);
  if (sorted.some((section, index) => section !== sections[index])) {
    grid.append(...sorted);
    focused?.focus({ preventScroll: true });
  }
  const undo = document.querySelector("#undo button");
  if (undo) undo.disabled = false;
  said.textContent = sentence;
}

let last = Promise.resolve();

/** Ask the server to put a tile into a place; one after the other. */
function place(tile, wanted) {
  last = last.then(async () => {
    const { x, y, w, h } = typeof wanted === "function" ? within(wanted(at(tile))) : within(wanted);
    const now = at(tile);
    if (x === now.x && y === now.y && w === now.w && h === now.h) return;
    const body = new URLSearchParams({ tile: tile.dataset.tile, version: grid.dataset.version, x, y, w, h });
    let answer = null;
    try {
      answer = await fetch(grid.dataset.place, { method: "POST", body, headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" } });
    } catch {
      return toast({ text: words().failed, tone: "r" });
    }
    if (answer.ok) return apply(await answer.json());
    const json = (answer.headers.get("Content-Type") || "").includes("json");
    const text = json ? (await answer.json()).detail : words().broken;
    toast({ text, tone: "r", action: answer.status === 409 ? { label: "↻", act: () => window.location.reload() } : null });
  });
  return last;
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

document.addEventListener("keydown", (event) => {
  const handle = event.target.closest?.("[data-move], [data-resize]");
  const step = STEPS[event.key];
  if (!handle || !step || !grid?.dataset.place) return;
  event.preventDefault();
  const [right, down] = step;
  const resizes = handle.hasAttribute("data-resize");
  place(handle.closest(".tile"), ({ x, y, w, h }) => {
    if (resizes) return { x, y, w: Math.min(w + right, COLUMNS - x), h: h + down };
    return { x: x + right, y: y + down, w, h };
  });
});

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest?.("[data-move], [data-resize]");
  if (!handle || event.button !== 0 || !grid?.dataset.place) return;
  event.preventDefault();
  handle.focus({ preventScroll: true });
  const tile = handle.closest(".tile");
  const resizes = handle.hasAttribute("data-resize");
  const start = at(tile);
  const gap = parseFloat(getComputedStyle(grid).columnGap);
  const cell = { w: (grid.clientWidth + gap) / COLUMNS, h: parseFloat(getComputedStyle(grid).gridAutoRows) + gap };
  const from = { x: event.clientX, y: event.clientY + window.scrollY };
  const ghost = document.createElement("div");
  ghost.className = "ghost";
  grid.append(ghost);
  tile.classList.add("moving");
  handle.setPointerCapture(event.pointerId);
  let wanted = start;

  const show = () => {
    ghost.style.gridColumn = `${wanted.x + 1} / span ${wanted.w}`;
    ghost.style.gridRow = `${wanted.y + 1} / span ${wanted.h}`;
  };
  const move = (moved) => {
    const across = moved.clientX - from.x;
    const down = moved.clientY + window.scrollY - from.y;
    const [columns, rows] = [Math.round(across / cell.w), Math.round(down / cell.h)];
    if (resizes) wanted = within({ ...start, w: Math.min(start.w + columns, COLUMNS - start.x), h: start.h + rows });
    else {
      wanted = within({ ...start, x: start.x + columns, y: start.y + rows });
      tile.style.transform = `translate(${across}px, ${down}px)`;
    }
    show();
  };
  const end = (keeps) => {
    handle.removeEventListener("pointermove", move);
    handle.removeEventListener("pointerup", drop);
    handle.removeEventListener("pointercancel", leave);
    document.removeEventListener("keydown", escape, true);
    ghost.remove();
    tile.classList.remove("moving");
    tile.style.transform = "";
    if (keeps) place(tile, wanted);
  };
  const drop = () => end(true);
  const leave = () => end(false);
  const escape = (pressed) => {
    if (pressed.key !== "Escape") return;
    pressed.preventDefault();
    end(false);
  };
  show();
  handle.addEventListener("pointermove", move);
  handle.addEventListener("pointerup", drop);
  handle.addEventListener("pointercancel", leave);
  document.addEventListener("keydown", escape, true);
});
