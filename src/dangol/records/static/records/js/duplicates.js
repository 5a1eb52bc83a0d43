// Keys for the queue of possible duplicates: j and k go to the next and the one before, m, d, l and o decide.
const groups = [...document.querySelectorAll("[data-group]")];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea, dialog[open]")) return;
  const at = groups.indexOf(document.activeElement?.closest("[data-group]"));
  if (event.key === "j" || event.key === "k") {
    const next = groups[event.key === "j" ? Math.min(at + 1, groups.length - 1) : Math.max(at - 1, 0)];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  } else if (at >= 0 && /^[mdlo]$/.test(event.key)) {
    const button = groups[at].querySelector(`[data-do="${event.key}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  }
});
