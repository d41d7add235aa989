"use strict";
// A chatbot's sources: files are sent one by one, with their progress.

const uploads = document.getElementById("uploads");
const say = (name, file) => uploads.dataset[name].replace("#", () => file?.name);

function addLine(file) {
  const line = document.createElement("li");
  const name = document.createElement("span");
  const amount = document.createElement("span");
  const bar = document.createElement("progress");
  name.textContent = file.name;
  amount.textContent = say("waiting");
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", say("sending", file));
  line.append(name, amount, bar);
  uploads.append(line);
  return { line, amount, bar };
}

function fail({ line, amount, bar }, file, words, again) {
  const said = document.createElement("span");
  said.className = "failed";
  said.textContent = words;
  bar.replaceWith(said);
  amount.textContent = "";
  if (again) line.append(makeButton(say("again"), say("againNamed", file), () => { line.remove(); again(); }));
  announce(`${file.name}: ${words}`);
}

function makeButton(label, name, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-second button-small";
  button.textContent = label;
  button.setAttribute("aria-label", name);
  button.addEventListener("click", act);
  return button;
}

function words(request) {
  if (request.status === 422) return request.responseText;
  if (request.status === 413) return say("tooLarge");
  return say("unsent");
}

function send(form, file, shown) {
  const body = new FormData();
  body.append("csrf_token", form.elements.csrf_token.value);
  body.append("files", file);
  return new Promise((done) => {
    const request = new XMLHttpRequest(); // fetch knows no progress of what it sends
    request.open("POST", form.action);
    request.setRequestHeader("X-Part", "sources");
    request.upload.addEventListener("progress", (event) => {
      shown.bar.value = event.lengthComputable ? (100 * event.loaded) / event.total : 0;
      shown.amount.textContent = `${Math.round(shown.bar.value)} %`;
    });
    request.addEventListener("loadend", () => {
      if (request.status === 200) {
        shown.line.remove();
        showParts(request.responseText);
        followParts();
      } else {
        const isFinal = request.status === 422 || request.status === 413;
        fail(shown, file, words(request), isFinal ? null : () => sendAll(form, [file]));
      }
      done();
    });
    request.send(body);
  });
}

// One file after the other; what is asked for meanwhile waits for its turn, and leaving the page is asked about.
let waiting = 0;
let sending = Promise.resolve();

function sendAll(form, files) {
  for (const file of files) {
    const shown = addLine(file);
    if (file.size > Number(form.dataset.maxBytes)) {
      fail(shown, file, say("tooLarge"));
      continue;
    }
    waiting += 1;
    sending = sending.then(() => send(form, file, shown)).then(() => { waiting -= 1; });
  }
}

function waitBeforeLeaving(form) {
  form.addEventListener("submit", (event) => {
    if (!waiting) return;
    event.preventDefault();
    sending.then(() => form.submit());
  });
  window.addEventListener("beforeunload", (event) => { if (waiting) event.preventDefault(); });
}

function takeDrops(zone, form) {
  const over = (isOver) => (event) => {
    event.preventDefault();
    zone.classList.toggle("drop-over", isOver);
  };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    const dropped = [...event.dataTransfer.items].filter((item) => item.kind === "file");
    const isFolder = dropped.map((item) => item.webkitGetAsEntry?.()?.isDirectory);
    const files = [...event.dataTransfer.files];
    files.forEach((file, i) => { if (isFolder[i]) fail(addLine(file), file, say("folder")); });
    sendAll(form, files.filter((file, i) => !isFolder[i]));
  });
}

const zone = document.querySelector("[data-drop]");
if (zone) {
  const input = zone.querySelector('input[type="file"]');
  takeDrops(zone, zone.closest("form"));
  waitBeforeLeaving(zone.closest("form"));
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    sendAll(input.form, files);
  });
}
