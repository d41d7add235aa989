"use strict";
// Quick search as a combobox over a list (WAI-ARIA): Ctrl+K or the button opens it, arrows choose, Enter goes there.

{ // nothing of this is seen by the scripts of single pages
  const finder = document.getElementById("finder");
  const box = finder?.querySelector("input");
  const list = finder?.querySelector("#found");
  const SEARCH_PAUSE_MS = 120;
  let asked = 0;
  let timer = null;

  const options = () => [...list.querySelectorAll("[role=option]")];

  function choose(option) {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    if (!option) return box.removeAttribute("aria-activedescendant");
    box.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  // The lines of the page of search become the options of a list box.
  function fill(html, words) {
    list.innerHTML = html;
    list.dataset.words = words;
    list.querySelectorAll("section").forEach((section, n) => {
      const heading = section.querySelector("h2");
      heading.id = `found-heading-${n}`;
      section.setAttribute("role", "group");
      section.setAttribute("aria-labelledby", heading.id);
      heading.setAttribute("role", "presentation");
    });
    for (const part of list.querySelectorAll("ul, li")) part.setAttribute("role", "presentation");
    list.querySelectorAll("a").forEach((link, n) => {
      link.id = `found-${n}`;
      link.tabIndex = -1;
      link.setAttribute("role", "option");
    });
    list.toggleAttribute("role", false);
    if (options().length) list.setAttribute("role", "listbox");
    choose(options()[0]);
    if (words) announce(list.dataset.said.replace("#", options().length), false);
  }

  async function search() {
    const mine = (asked += 1);
    const words = box.value.trim();
    const address = `${box.form.dataset.found}?q=${encodeURIComponent(words)}`;
    try {
      const response = await fetch(address, { headers: { Accept: "text/html" } });
      if (response.redirected) location.reload(); // signed out meanwhile
      const html = await response.text();
      if (response.ok && mine === asked) fill(html, words);
    } catch {
      // offline: the next letter asks again
    }
  }

  function openFinder() {
    if (document.querySelector("dialog[open]")) return;
    finder.showModal();
    box.select();
    search();
  }

  function step(by) {
    const all = options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (all.length) choose(all[(at + by + all.length) % all.length]);
  }

  if (finder) {
    document.addEventListener("click", (event) => {
      const link = event.target.closest("[data-finder]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      openFinder();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      openFinder();
    });
    box.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(search, SEARCH_PAUSE_MS);
    });
    box.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by) {
        event.preventDefault();
        step(by);
      }
      const chosen = document.getElementById(box.getAttribute("aria-activedescendant"));
      if (event.key === "Enter" && chosen && list.dataset.words === box.value.trim()) {
        event.preventDefault(); // else the page of search answers: it knows what was typed last
        location.assign(chosen.href);
      }
    });
    finder.addEventListener("click", (event) => { if (event.target === finder) finder.close(); });
  }
}
