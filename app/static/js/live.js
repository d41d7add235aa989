"use strict";
// Work under way: the server says that something changed, and the page asks what. Where there is no stream, it asks by itself.
// A page names where it asks (data-live, else itself), its stream (data-stream), and the parts that change (data-part, with
// an id); while one of them moves (data-moving) it is followed. Rows of a part (data-rows) have ids and marks (data-mark).

const PAUSE_MS = 1500;

function followLive({ stream, isMoving, refresh, pauseMs }) {
  let source = null;
  let timer = null;
  let isAsking = !window.EventSource || !stream; // some pages have none

  function stop() {
    if (source) source.close();
    clearTimeout(timer);
    source = timer = null;
  }

  function ask() {
    stop();
    timer = setTimeout(async () => {
      timer = null;
      if (!document.hidden) await refresh();
      follow();
    }, pauseMs);
  }

  function listen() {
    source = new EventSource(stream());
    source.addEventListener("change", refresh);
    source.addEventListener("rest", ask); // once more: what moved at last is shown, then there is peace
    source.addEventListener("gone", () => { isAsking = true; ask(); });
    source.addEventListener("error", () => {
      if (!source || source.readyState !== EventSource.CLOSED) return; // else the browser comes back by itself
      isAsking = true;
      ask();
    });
  }

  function follow() {
    if (source || timer || document.hidden || !isMoving()) return;
    if (isAsking) ask();
    else listen();
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop();
    else if (isMoving()) refresh().then(follow);
  });
  window.addEventListener("pagehide", stop);
  return follow;
}

// Rows that did not change stay, and with them a form that is being filled in there; what is ticked stays ticked.
function exchangeRows(old, fresh) {
  const known = new Map([...old.children].map((row) => [row.id, row]));
  const isBusy = (row) => row.contains(document.activeElement) || row.querySelector("details[open]") !== null;
  const isKept = (before, row) => before && (before.dataset.mark === row.dataset.mark || isBusy(before));
  const said = [];
  let isNew = false;
  const rows = [...fresh.children].map((row) => {
    const before = known.get(row.id);
    if (isKept(before, row)) return before;
    isNew = true;
    if (before && row.dataset.news && before.dataset.state !== row.dataset.state) said.push(row.dataset.news);
    if (before?.querySelector('[name="pick"]')?.checked) row.querySelector('[name="pick"]').checked = true;
    before?.replaceWith(row);
    return row;
  });
  rows.forEach((row, i) => { if (old.children[i] !== row) old.insertBefore(row, old.children[i] ?? null); });
  while (old.children.length > rows.length) old.lastElementChild.remove();
  return { isNew, said };
}

// Whoever stands on a button or link of a part that changes, stands on the same one afterwards.
function replacePart(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const words = focused?.textContent.trim();
  old.replaceWith(fresh);
  if (!focused) return;
  const same = [...fresh.querySelectorAll("a, button")].find((element) => element.textContent.trim() === words);
  (fresh.contains(focused) ? focused : same ?? document.getElementById("main")).focus();
}

const lookOf = (part) => part.textContent + [...part.querySelectorAll("progress")].map((bar) => bar.value);

// Return what is to be said of a part's change. Its rows are exchanged one by one, all else where it looks otherwise.
function exchangePart(old, fresh) {
  const [rows, freshRows] = [old, fresh].map((part) => part.querySelector("[data-rows]"));
  const hasNewWord = "moving" in fresh.dataset && fresh.dataset.word !== old.dataset.word;
  const said = [];
  if ("moving" in old.dataset) old.dataset.moving = fresh.dataset.moving ?? "no";
  if (rows && freshRows) {
    const frames = [old, fresh].map((part) => part.textContent.replace(part.querySelector("[data-rows]").textContent, ""));
    const change = exchangeRows(rows, freshRows);
    said.push(...change.said, ...(change.isNew && fresh.dataset.news ? [fresh.dataset.news] : []));
    if (frames[0] === frames[1]) return said;
    freshRows.replaceWith(rows);
    replacePart(old, fresh);
  } else if (lookOf(old) !== lookOf(fresh)) {
    replacePart(old, fresh);
  }
  return hasNewWord ? [...said, document.getElementById("state").textContent] : said;
}

function showParts(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const pairs = [...page.querySelectorAll("[data-part]")].map((fresh) => [document.getElementById(fresh.id), fresh]);
  const said = pairs.flatMap(([old, fresh]) => (old ? exchangePart(old, fresh) : []));
  if (said.length) announce(said.join(" "));
}

const read = (name) => document.querySelector(`[data-${name}]`)?.dataset[name];

async function refreshParts() {
  try {
    const response = await fetch(read("live") ?? location.href, { headers: { Accept: "text/html", "X-Part": "live" } });
    if (response.ok && !response.redirected) showParts(await response.text());
  } catch {
    // offline: the next try comes soon
  }
}

const followParts = followLive({
  stream: read("stream") && (() => read("stream")),
  isMoving: () => document.querySelector('[data-part][data-moving="yes"]') !== null,
  refresh: refreshParts,
  pauseMs: Number(read("pause") ?? PAUSE_MS),
});
followParts();
