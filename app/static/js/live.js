"use strict";
// Work under way: the server says that something changed, and the page asks what. Where there is no stream, it asks by itself.

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
