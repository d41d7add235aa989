"use strict";
// Inside the editor's frame: the widget, put on the page anew for each draft of its look.

const { widget, embed, previewToken } = document.currentScript.dataset;

addEventListener("message", (event) => {
  if (event.origin !== location.origin || !event.data?.draft) return;
  window.Docent?.destroy();
  const script = document.createElement("script");
  Object.assign(script.dataset, { embed, previewToken, open: "1", draft: JSON.stringify(event.data.draft) });
  script.src = widget;
  document.head.replaceChildren(...[...document.head.children].filter((node) => node.src !== script.src), script);
});
