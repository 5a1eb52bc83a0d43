// The export dialog takes the list as it stands now – sorting and filtering change the address, not the dialog – and
// closes once the download has been asked for. Without this file the button leads to a page that asks the same.
const form = document.querySelector("#export form[data-export]");
if (form) {
  form.addEventListener("submit", () => {
    const query = new URLSearchParams(location.search);
    for (const passing of ["after", "before"]) query.delete(passing);
    form.action = `${form.dataset.export}?${query}`;
    setTimeout(() => form.closest("dialog").close(), 0);
  });
}
