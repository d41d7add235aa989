"use strict";
// Single keys for whoever wants them: "?" lists them. They are off while somebody types, and can be switched off.

{ // nothing of this is seen by the scripts of single pages
  const SHORTCUTS_OFF = "docent-shortcuts-off";
  const GO_MS = 1500;
  const shortcuts = document.getElementById("shortcuts");
  let isGoing = false;
  let goTimer = null;

  function areOn() {
    try {
      return localStorage.getItem(SHORTCUTS_OFF) === null;
    } catch {
      return true;
    }
  }

  function switchShortcuts(on) {
    try {
      if (on) localStorage.removeItem(SHORTCUTS_OFF);
      else localStorage.setItem(SHORTCUTS_OFF, "yes");
    } catch {
      // kept for this page alone
    }
  }

  const isTyping = (element) => element.isContentEditable || element.closest("input, textarea, select, dialog");

  function go(key) {
    isGoing = false;
    const link = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (link) link.click();
    return Boolean(link);
  }

  function beginToGo() {
    isGoing = true;
    clearTimeout(goTimer);
    goTimer = setTimeout(() => { isGoing = false; }, GO_MS);
    return true;
  }

  function press(selector) {
    const element = document.querySelector(selector);
    if (!element) return false;
    if (element.matches("input")) element.focus();
    else element.click();
    return true;
  }

  const SINGLE = {
    "?": () => { shortcuts.showModal(); return true; },
    "/": () => press(".toolbar input[type=search], .filters input[type=search]"),
    g: beginToGo,
    n: () => press("[data-new]"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !areOn()) return;
    const act = isGoing ? () => go(event.key) : SINGLE[event.key];
    if (act?.()) event.preventDefault();
  });

  const onOff = shortcuts.querySelector("[data-shortcuts-on]");
  onOff.checked = areOn();
  onOff.addEventListener("change", () => switchShortcuts(onOff.checked));
  shortcuts.addEventListener("click", (event) => { if (event.target === shortcuts) shortcuts.close(); });
}
