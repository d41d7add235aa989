"use strict";
// The editor of a widget: what is typed is shown at once by the real widget, in a frame beside the form.

const form = document.querySelector("[data-look]");
const frame = document.getElementById("preview");
const preview = frame.closest(".look-preview");
let waiting = 0;

function show() {
  const draft = Object.fromEntries([...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrf_token"));
  for (const box of form.querySelectorAll("input[type=checkbox]")) draft[box.name] ??= "";
  // a frame that has failed to load, or that is being left, has no page of ours to tell
  if (frame.contentDocument) frame.contentWindow.postMessage({ draft }, location.origin);
}

function choose(size) {
  preview.classList.toggle("phone", size === "phone");
  for (const button of preview.querySelectorAll("[data-size]")) {
    button.setAttribute("aria-pressed", String(button.dataset.size === size));
  }
}

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, 350);
});
frame.addEventListener("load", show);
preview.addEventListener("click", (event) => {
  const { size } = event.target.dataset;
  if (size) choose(size);
});
