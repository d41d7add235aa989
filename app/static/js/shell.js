"use strict";
// What every page has: the menu on phones, the theme switch, dialogs, copying, and a voice for screen readers.

const TOAST_MS = 6000;
let toastTimer = null;

// Say something aloud; shown for a while, too, unless the page shows it anyway.
function announce(text, isShown = true) {
  const place = document.getElementById("announcer");
  place.textContent = "";
  clearTimeout(toastTimer);
  setTimeout(() => {
    place.classList.toggle("toast-shown", isShown);
    place.textContent = text;
  }, 50); // a change after a pause is read even when the words are the same
  toastTimer = setTimeout(() => place.classList.remove("toast-shown"), TOAST_MS);
}

function toggleMenu(button, open) {
  document.getElementById("menu").classList.toggle("menu-open", open);
  button.setAttribute("aria-expanded", String(open));
}

function showTheme() {
  const chosen = document.documentElement.dataset.theme;
  for (const button of document.querySelectorAll("[data-set-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setTheme === chosen));
  }
}

function chooseTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("docent-theme", theme);
  } catch {
    // kept for this page alone
  }
  showTheme();
}

function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    select(source); // no clipboard without HTTPS: the text is selected, Ctrl+C takes it
    announce(document.body.dataset.selected);
    return;
  }
  const label = button.querySelector("[data-label]");
  const before = label.textContent;
  label.textContent = document.body.dataset.copied;
  announce(document.body.dataset.copiedSaid, false);
  setTimeout(() => {
    label.textContent = before;
  }, 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.setTheme) chooseTheme(button.dataset.setTheme);
  if (button.dataset.copy) copy(button);
  if ("print" in button.dataset) window.print();
  if (button.dataset.opens) document.getElementById(button.dataset.opens).showModal();
  if ("closesDialog" in button.dataset) button.closest("dialog").close();
  if (button.getAttribute("aria-controls") === "menu") {
    toggleMenu(button, button.getAttribute("aria-expanded") !== "true");
  }
});

// A list of choices that hangs below its button closes when somebody goes on.
document.addEventListener("click", (event) => {
  for (const details of document.querySelectorAll("details[data-closes][open]")) {
    if (!details.contains(event.target)) details.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const details = event.target.closest?.("details[data-closes][open]");
  if (event.key !== "Escape" || !details) return;
  details.open = false;
  details.querySelector("summary").focus();
});

document.addEventListener("keydown", (event) => {
  const button = document.querySelector('[aria-controls="menu"][aria-expanded="true"]');
  if (event.key !== "Escape" || !button) return;
  toggleMenu(button, false);
  button.focus();
});

for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = false;
if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  for (const key of document.querySelectorAll(".finder-button kbd")) key.textContent = "⌘K";
}
showTheme();
const flashes = document.getElementById("flashes");
// What a live region holds from the start is not read aloud; what comes into it is.
if (flashes) setTimeout(() => flashes.replaceChildren(...flashes.childNodes), 100);
