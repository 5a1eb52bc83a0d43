// Fields that stand under a condition come and go with what is typed. The server decides: it knows what filters mean.
const WAIT = 200;

for (const form of document.querySelectorAll("form[data-conditions]")) {
  let timer = 0;
  let asked = null;
  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(form.dataset.conditions, { method: "POST", body: new FormData(form), signal: asked.signal });
      if (!answer.ok) return;
      const { hidden } = await answer.json();
      for (const field of form.querySelectorAll("[data-field]")) field.hidden = hidden.includes(field.dataset.field);
    } catch (problem) {
      if (problem.name !== "AbortError") throw problem;
    }
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
}
