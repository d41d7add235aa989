"use strict";
// Says so when Docent is out of reach. The browser knows whether there is a network, which is not the same: so it is tried.

{ // nothing of this is seen by the scripts of single pages
  const TRY_MS = 4000;
  const offline = document.getElementById("offline");
  const probe = document.querySelector('link[rel="icon"]').href;
  let tries = null;

  async function isReachable() {
    try {
      await fetch(probe, { method: "HEAD", cache: "no-store" });
      return true;
    } catch {
      return false;
    }
  }

  async function look() {
    clearTimeout(tries);
    offline.hidden = await isReachable();
    if (!offline.hidden) tries = setTimeout(look, TRY_MS);
  }

  addEventListener("offline", look);
  addEventListener("online", look);

  // What is sent without a network ends on a page of the browser's own, and what was typed with it.
  document.addEventListener("submit", (event) => {
    if (navigator.onLine || event.target.method === "dialog") return;
    event.preventDefault();
    look();
  }, { capture: true });
}
