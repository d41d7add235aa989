"use strict";
// Runs before the first paint, so that nobody who chose dark sees a flash of light.
document.documentElement.classList.add("js");
try {
  document.documentElement.dataset.theme = localStorage.getItem("docent-theme") ?? "auto";
} catch {
  document.documentElement.dataset.theme = "auto"; // storage is switched off in this browser
}
