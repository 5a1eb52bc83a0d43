// The button that copies what stands in the element it names.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const text = [...source.querySelectorAll("code")].map((code) => code.textContent).join("\n");
  try {
    await navigator.clipboard.writeText(text);
    button.querySelector("span").textContent = button.dataset.done;
  } catch {
    getSelection().selectAllChildren(source);
  }
});
