"use strict";
// The preview of a chatbot that is still reading for the first time: the chat opens by itself once it can answer.

const waiting = document.getElementById("waiting");
const first = waiting.querySelector("form");
let question = "";
let isDone = false;

function begin() {
  isDone = true;
  announce(waiting.dataset.ready);
  const typed = question || first.elements.question.value.trim();
  window.addEventListener("docent:ready", () => { if (typed) window.Docent.ask(typed); }, { once: true });
  const script = document.createElement("script");
  script.src = waiting.dataset.widget;
  script.async = true;
  Object.assign(script.dataset, { embed: waiting.dataset.embed, previewToken: waiting.dataset.previewToken, open: "1" });
  document.head.append(script);
  document.querySelector(".workbench").hidden = false;
  waiting.remove();
}

async function refresh() {
  try {
    const response = await fetch(waiting.dataset.live, { headers: { Accept: "text/html", "X-Part": "sources" } });
    if (!response.ok || response.redirected || isDone) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const state = page.getElementById("state");
    document.getElementById("state").replaceWith(state);
    if (page.getElementById("sources").dataset.moving === "yes") return;
    if (state.dataset.word === "ready") begin();
    else location.assign(waiting.dataset.live); // it could not be read: there it says why, and what to do
  } catch {
    // offline: the next try comes soon
  }
}

first.addEventListener("submit", (event) => {
  event.preventDefault();
  question = first.elements.question.value.trim();
  const said = document.getElementById("waiting-said");
  said.textContent = question ? said.dataset.kept : "";
});

followLive({ stream: () => waiting.dataset.stream, isMoving: () => !isDone, refresh, pauseMs: 1000 })();
