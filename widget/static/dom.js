/* Elements, icons, and what outlives a page. Nothing is ever parsed as HTML and nothing is an inline style. */

const el = (tag, props = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};

const ICONS = {
  chat: "M4 5.5A2.5 2.5 0 0 1 6.5 3h11A2.5 2.5 0 0 1 20 5.5v8a2.5 2.5 0 0 1-2.5 2.5H11l-4.5 4v-4A2.5 2.5 0 0 1 4 13.5zM8 8h8M8 11.5h5",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9l6 6 6-6",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  fresh: "M4 12a8 8 0 1 0 2.6-5.9M4 4v4h4",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
  good: "M7 20H4v-9h3zm0-9l4-8a2 2 0 0 1 2 2v4h5.5a1.5 1.5 0 0 1 1.5 1.8l-1.3 7A1.5 1.5 0 0 1 17.2 20H7",
  bad: "M17 4h3v9h-3zm0 9l-4 8a2 2 0 0 1-2-2v-4H5.5A1.5 1.5 0 0 1 4 13.2l1.3-7A1.5 1.5 0 0 1 6.8 4H17",
};

function icon(name) {
  const SVG = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

const iconButton = (name, label, onclick, className = "icon") =>
  el("button", { type: "button", className, title: label, "aria-label": label, onclick }, icon(name));

/* The browser's storage; where it is full, forbidden or absent, this page's memory. */
function keep(pickStorage) {
  const memory = new Map();
  return {
    get(key) {
      try { return pickStorage().getItem(key) ?? memory.get(key) ?? ""; } catch { return memory.get(key) ?? ""; }
    },
    set(key, value) {
      try { pickStorage().setItem(key, value); memory.delete(key); } catch { memory.set(key, value); }
    },
    drop(key) {
      memory.delete(key);
      try { pickStorage().removeItem(key); } catch { /* it was never there */ }
    },
  };
}
