// Files: chosen, dropped, pasted or taken with the camera; one request each, with progress; then the card comes anew.
const token = () => document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
const card = () => document.querySelector("[data-files][data-drop]");

function line(box, name) {
  const item = document.createElement("li");
  const bar = document.createElement("progress");
  item.append(name, bar);
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", name);
  box.append(item);
  return {
    step: (share) => { bar.value = share; },
    fail: (text) => { bar.remove(); item.className = "err"; item.setAttribute("role", "alert"); item.textContent = text; },
    done: () => item.remove(),
  };
}

function send(url, file, shown) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("X-Upload", "1");
    request.setRequestHeader("X-CSRFToken", token());
    request.upload.addEventListener("progress", (event) => event.lengthComputable && shown.step(event.loaded / event.total));
    request.addEventListener("loadend", () => resolve(request));
    const data = new FormData();
    data.append("file", file, file.name || "image.png");
    request.send(data);
  });
}

async function sendAll(files) {
  const place = card();
  if (!place || !files.length) return;
  const box = place.querySelector(".sending");
  const { drop, largest, tooLarge, failed } = place.dataset;
  const refused = [];
  let last = "";
  for (const file of files) {
    const shown = line(box, file.name);
    if (file.size > Number(largest)) {
      refused.push(`${file.name} ${tooLarge}`);
      shown.done();
      continue;
    }
    const { status, responseText } = await send(drop, file, shown);
    shown.done();
    if (status === 200) last = responseText;
    else if (status === 422) {
      const answer = new DOMParser().parseFromString(responseText, "text/html");
      refused.push(...[...answer.querySelectorAll(".err")].map((one) => one.textContent.trim()));
    } else refused.push(`${file.name} ${failed}`);
  }
  let now = card() ?? place;
  if (last) {
    const fresh = new DOMParser().parseFromString(last, "text/html").querySelector("[data-files]");
    now.replaceWith(fresh);
    window.htmx.process(fresh);
    now = fresh;
  }
  refused.forEach((text) => line(now.querySelector(".sending"), "").fail(text));
  now.querySelector("input[type=file]")?.focus();
}

document.addEventListener("change", (event) => {
  if (!event.target.matches?.(".dropzone input[type=file]")) return;
  const files = [...event.target.files];
  event.target.value = "";
  sendAll(files);
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const place = event.target.closest?.("[data-files][data-drop]");
    if (!place || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    place.classList.toggle("over", kind === "dragover");
    if (kind === "drop") sendAll([...event.dataTransfer.files]);
  });
}
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  // A spreadsheet puts a picture of the cells beside their text: then the text is meant.
  if (!files.length || !card() || event.clipboardData.types.includes("text/plain")) return;
  event.preventDefault();
  sendAll(files);
});
