"use strict";
// The first document: it is sent as soon as it is chosen or dropped.

for (const form of document.querySelectorAll("form[data-start]")) {
  const zone = form.querySelector("[data-drop]");
  const input = zone.querySelector('input[type="file"]');
  const status = zone.querySelector(".start-status");

  function send() {
    if (!input.files.length) return;
    const largest = Math.max(...[...input.files].map((file) => file.size));
    if (largest > Number(form.dataset.maxBytes)) {
      status.textContent = form.dataset.tooLarge;
      input.value = "";
      return;
    }
    status.textContent = form.dataset.sending;
    zone.classList.add("drop-sending");
    form.requestSubmit();
  }

  const over = (isOver) => (event) => {
    event.preventDefault();
    zone.classList.toggle("drop-over", isOver);
  };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    const transfer = new DataTransfer();
    for (const item of event.dataTransfer.items) {
      const isFolder = item.webkitGetAsEntry?.()?.isDirectory;
      if (item.kind === "file" && !isFolder) transfer.items.add(item.getAsFile());
    }
    input.files = transfer.files;
    send();
  });
  input.addEventListener("change", send);
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return; // back from the next page: the form may be sent again
    delete form.dataset.sent;
    input.value = status.textContent = "";
    zone.classList.remove("drop-sending");
  });
}
