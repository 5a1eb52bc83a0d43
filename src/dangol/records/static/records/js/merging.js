// Another record that stays has other defaults: the page is asked for anew. A record that was found is added at once.
document.addEventListener("change", (event) => {
  const into = event.target.closest?.("[data-into]");
  if (!into) return;
  const url = new URL(window.location.href);
  url.search = "";
  for (const one of into.form.querySelectorAll("input[name=id]")) url.searchParams.append("id", one.value);
  url.searchParams.set("into", into.value);
  window.location.assign(url);
});
document.addEventListener("lookup:chosen", (event) => event.target.closest("[data-add]")?.requestSubmit());
