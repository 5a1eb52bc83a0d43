// Passkeys. A form with data-passkey ("create" or "get") holds a hidden field "credential"; its button [data-passkey-go]
// asks the device and sends the form. What to ask for stands in the element that data-options names, or, with
// data-source, is fetched first. Words for what can go wrong stand in the data attributes of [data-passkey-error].
const ponyfill = window.webauthnJSON;

function say(form, word) {
  const place = form.querySelector("[data-passkey-error]");
  place.hidden = false;
  place.querySelector("span").textContent = place.dataset[word];
}

async function options(form) {
  if (!form.dataset.source) return JSON.parse(document.getElementById(form.dataset.options).textContent);
  const answer = await fetch(form.dataset.source, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error("no options");
  return answer.json();
}

async function ask(form) {
  const { creation_options: creation, request_options: request } = await options(form);
  if (form.dataset.passkey === "get") return ponyfill.get(request);
  const alone = form.elements.passwordless.checked;
  Object.assign(creation.publicKey.authenticatorSelection, {
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
    ...(alone ? { userVerification: "required" } : {}),
  });
  return ponyfill.create(creation);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-passkey-go]");
  if (!button) return;
  event.preventDefault();
  const form = button.closest("form");
  if (!window.PublicKeyCredential) return say(form, "missing");
  button.disabled = true;
  try {
    form.elements.credential.value = JSON.stringify(await ask(form));
    form.submit();
  } catch (problem) {
    button.disabled = false;
    say(form, problem.name === "InvalidStateError" ? "known" : problem.name === "NotAllowedError" ? "stopped" : "failed");
  }
});
