"use strict";
// What every page has: the menu on phones, the theme switch, copying, and a voice for screen readers.

function announce(text) {
  const place = document.getElementById("announcer");
  place.textContent = "";
  setTimeout(() => {
    place.textContent = text;
  }, 50); // a change after a pause is read even when the words are the same
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
    announce("The text is selected. Copy it with Ctrl+C.");
    return;
  }
  const label = button.querySelector("[data-label]");
  const before = label.textContent;
  label.textContent = "Copied";
  announce("Copied to the clipboard.");
  setTimeout(() => {
    label.textContent = before;
  }, 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.setTheme) chooseTheme(button.dataset.setTheme);
  if (button.dataset.copy) copy(button);
  if (button.getAttribute("aria-controls") === "menu") {
    toggleMenu(button, button.getAttribute("aria-expanded") !== "true");
  }
});

document.addEventListener("keydown", (event) => {
  const button = document.querySelector('[aria-controls="menu"][aria-expanded="true"]');
  if (event.key !== "Escape" || !button) return;
  toggleMenu(button, false);
  button.focus();
});

for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = false;
showTheme();
const flashes = document.getElementById("flashes");
// What a live region holds from the start is not read aloud; what comes into it is.
if (flashes) setTimeout(() => flashes.replaceChildren(...flashes.childNodes), 100);
