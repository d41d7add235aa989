"use strict";
// The few things that a page can't do alone: the menu on phones, copying, asking before deleting, live sources.
document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-toggle-nav]");
  if (toggle) {
    const open = document.getElementById("nav").classList.toggle("open");
    toggle.setAttribute("aria-expanded", String(open));
  }
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent).then(() => {
      copy.textContent = "Copied";
    });
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) { event.preventDefault(); return; }
  if (form.method === "post") {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes"; // a double click sends once
  }
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((f) => delete f.dataset.sent));

async function refreshSources() {
  const place = document.getElementById("sources");
  if (!place || place.dataset.moving !== "yes") return;
  try {
    const response = await fetch(place.dataset.live, { headers: { Accept: "text/html" } });
    if (response.ok) {
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("sources");
      if (fresh) place.replaceWith(fresh);
    }
  } catch { /* offline: the next try comes in a second */ }
  setTimeout(refreshSources, 1000);
}
setTimeout(refreshSources, 1000);
