"use strict";
// Asking before something is deleted or done with ticked rows, and sending a form once however often its button is pressed.

async function fetchQuestion(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return null;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return page.querySelector("[data-question]");
}

function openDialog(question) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "question");
  dialog.setAttribute("aria-describedby", "consequence");
  dialog.append(document.importNode(question, true));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // the backdrop
    if (event.target.closest("[data-dismiss]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  document.body.append(dialog);
  dialog.showModal();
}

async function ask(element, address) {
  if (document.querySelector("dialog[open]") || element.dataset.asking) return;
  element.dataset.asking = "yes";
  try {
    const question = await fetchQuestion(address);
    if (question) openDialog(question);
    else location.assign(address);
  } catch {
    location.assign(address); // the page behind it asks the same
  } finally {
    delete element.dataset.asking;
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-ask]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  ask(link, link.href);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!("ask" in form.dataset)) return;
  event.preventDefault();
  ask(form, `${form.action}?${new URLSearchParams(new FormData(form, event.submitter))}`);
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-ticks-all]")) return;
  for (const box of document.querySelectorAll('input[name="pick"]')) box.checked = event.target.checked;
});

// The second half of a double click may find the next page, with another button in the same place.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (event.detail > 1 && button?.type === "submit" && button.form?.method === "post") event.preventDefault();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if ("download" in form.dataset) return; // the page stays, and the file may be wanted again
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-disabled", "true");
});

addEventListener("pageshow", () => {
  // a page that comes back from the browser's memory may send again
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
  }
});
