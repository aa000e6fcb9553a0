// The drop zone: sends a file, shows how much of it has arrived, and opens its check.

import { errorSentences } from "./sentences.js";

const form = document.querySelector("[data-upload]");
const input = form.querySelector("input[type=file]");
const bar = form.querySelector("progress");
const state = form.querySelector("[role=status]");

function ended(request) {
  const answer = JSON.parse(request.responseText || "{}");
  if (request.status === 201) {
    location.assign(`/datasets/${encodeURIComponent(answer.id)}`);
    return;
  }
  bar.hidden = true;
  input.disabled = false;
  const lines = errorSentences(answer).map((text) => Object.assign(document.createElement("span"), { textContent: text }));
  state.replaceChildren(...lines);
}

function send(file) {
  const body = new FormData();
  body.append("file", file);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.upload.addEventListener("progress", (event) => {
    bar.value = (100 * event.loaded) / event.total;
    state.textContent =
      event.loaded < event.total ? `Uploading ${file.name}` : `Checking ${file.name}`;
    if (event.loaded === event.total) bar.removeAttribute("value");
  });
  request.addEventListener("loadend", () => ended(request));
  bar.hidden = false;
  bar.value = 0;
  input.disabled = true;
  request.send(body);
}

input.addEventListener("change", () => {
  if (input.files.length) send(input.files[0]);
});
for (const name of ["dragenter", "dragover"]) {
  form.addEventListener(name, (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) {
  form.addEventListener(name, () => form.classList.remove("over"));
}
form.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
});
