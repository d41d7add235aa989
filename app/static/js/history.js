"use strict";
// Chats that grow and lists that new ones come to: what did not change stays, and with it a form that is being filled in.

const LIST_PAUSE_MS = 5000;
const followed = () => document.getElementById("history");
const rowsOf = (part) => part.querySelector("[data-rows]");
const isBusy = (row) => row.contains(document.activeElement) || row.querySelector("details[open]") !== null;

function exchangeRows(old, fresh) {
  const known = new Map([...old.children].map((row) => [row.id, row]));
  const rows = [...fresh.children].map((row) => {
    const before = known.get(row.id);
    return before && (before.dataset.mark === row.dataset.mark || isBusy(before)) ? before : row;
  });
  const isNew = rows.some((row) => !old.contains(row));
  rows.forEach((row, i) => { if (old.children[i] !== row) old.insertBefore(row, old.children[i] ?? null); });
  while (old.children.length > rows.length) old.lastElementChild.remove();
  return isNew;
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("history");
  if (!fresh) return;
  const before = followed();
  if (!rowsOf(before) || !rowsOf(fresh)) {
    before.replaceChildren(...fresh.childNodes);
  } else {
    const facts = before.querySelector("[data-part]");
    const told = fresh.querySelector("[data-part]");
    if (facts && told && facts.textContent !== told.textContent) facts.replaceWith(told);
    if (exchangeRows(rowsOf(before), rowsOf(fresh))) announce(before.dataset.news);
  }
  before.dataset.moving = fresh.dataset.moving ?? "no";
}

async function refresh() {
  try {
    const response = await fetch(window.location.href, { headers: { Accept: "text/html" } });
    if (response.ok && !response.redirected) show(await response.text());
  } catch {
    // offline: the next try comes soon
  }
}

document.querySelector("[data-print]")?.addEventListener("click", () => window.print());

if (followed()?.dataset.moving === "yes") {
  followLive({
    stream: () => followed().dataset.stream,
    isMoving: () => followed().dataset.moving === "yes",
    refresh,
    pauseMs: LIST_PAUSE_MS,
  })();
}
