"use strict";
// Parts of a page as tabs (WAI-ARIA); where no script runs they stand one below the other, under their headings.

function choose(tabs, chosen, focus) {
  for (const tab of tabs) {
    const isChosen = tab === chosen;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !isChosen;
  }
  if (focus) chosen.focus();
}

function makeTab(part) {
  const heading = part.querySelector("h3, h4");
  const tab = document.createElement("button");
  tab.type = "button";
  tab.role = "tab";
  tab.id = `${part.id}-tab`;
  tab.textContent = heading.textContent;
  tab.setAttribute("aria-controls", part.id);
  heading.hidden = true;
  part.role = "tabpanel";
  part.setAttribute("aria-labelledby", tab.id);
  return tab;
}

function makeTabs(box) {
  const parts = [...box.children];
  const list = document.createElement("div");
  list.className = "tabs";
  list.role = "tablist";
  list.setAttribute("aria-label", box.dataset.tabs);
  const tabs = parts.map(makeTab);
  list.append(...tabs);
  box.before(list);
  box.dataset.made = "yes";
  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) choose(tabs, tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = tabs.indexOf(document.activeElement);
    choose(tabs, tabs[(at + step + tabs.length) % tabs.length], true);
  });
  choose(tabs, tabs[parts.findIndex((part) => part.hasAttribute("data-chosen"))] || tabs[0]);
}

for (const box of document.querySelectorAll("[data-tabs]")) makeTabs(box);
