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
  question: "M9 9a3 3 0 1 1 4.6 2.5c-1 .7-1.6 1.3-1.6 2.5M12 17.5v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  spark: "M12 3l2 6.5 6.5 2-6.5 2-2 6.5-2-6.5-6.5-2 6.5-2z",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9l6 6 6-6",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  fresh: "M4 12a8 8 0 1 0 2.6-5.9M4 4v4h4",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  done: "M5 12.5l4.5 4.5L19 7",
  neutral: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9 9.5v.1M15 9.5v.1M8.5 15h7",
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

/* A picture on a canvas: fetched by the script, so that a strict page needs to allow no pictures. */
const bitmaps = {};
function picture(address, className) {
  const canvas = el("canvas", { className, "aria-hidden": "true", width: 1, height: 1 });
  bitmaps[address] ||= fetch(address, { credentials: "omit" }).then((found) => found.blob()).then((blob) => createImageBitmap(blob));
  bitmaps[address].then((bitmap) => {
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
  }, () => { delete bitmaps[address]; canvas.remove(); });
  return canvas;
}

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
