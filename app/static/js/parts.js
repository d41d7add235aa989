"use strict";
// The page of a source or website: while it is read, its state, counts and lists change without a reload.

const PAUSE_MS = 1500;

const isMoving = () => document.getElementById("now").dataset.moving === "yes";

// Whoever stands on a button or link of a part that changes, stands on the same one afterwards.
function exchange(old, fresh) {
  if (old.textContent === fresh.textContent) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.textContent.trim() : "";
  old.replaceWith(fresh);
  if (!focused) return;
  const same = [...fresh.querySelectorAll("a, button")].find((element) => element.textContent.trim() === focused);
  (same ?? document.getElementById("main")).focus();
}

function show(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const before = document.getElementById("now").dataset.word;
  for (const fresh of page.querySelectorAll("[data-part]")) exchange(document.getElementById(fresh.id), fresh);
  if (document.getElementById("now").dataset.word !== before) announce(document.getElementById("state").textContent);
}

async function refresh() {
  try {
    const address = document.querySelector("[data-live]").dataset.live;
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    if (response.ok && !response.redirected) show(await response.text());
  } catch {
    // offline: the next try comes soon
  }
}

followLive({
  stream: document.querySelector("[data-stream]") && (() => document.querySelector("[data-live]").dataset.stream),
  isMoving,
  refresh,
  pauseMs: PAUSE_MS,
})();
