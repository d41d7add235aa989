/* Markdown to nodes, from a short list: p h3 ul ol li table pre code strong em blockquote a br hr.
   Links go to the web, mail and telephone alone; there are no images: their address could carry a secret away. */

const SAFE_LINK = /^(https?:\/\/|mailto:|tel:)/i;
const BIDI_OVERRIDES = /[\u202a-\u202e\u2066-\u2069]/g;
const MAX_MARKDOWN = 20000;
const MAX_DEPTH = 5;
const INLINE = new RegExp([
  "`([^`\\n]{1,400})`", // 1 code
  "\\*\\*([^*\\n]{1,800})\\*\\*", // 2 strong
  "\\*([^*\\s][^*\\n]{0,400})\\*", // 3 em
  "(!?)\\[([^\\]\\[\\n]{1,300})\\]\\(([^)\\s]{1,1000})\\)", // 4 5 6 link or picture
  " ?\\[(\\d{1,3})\\]", // 7 citation
  "\\b(https?:\\/\\/[^\\s<>()\\[\\]\"]{1,500}[^\\s<>()\\[\\]\".,;:!?])", // 8 an address as it stands
].join("|"), "g");

const ITEM = /^(\s{0,40})(?:([-*+•])|(\d{1,4})[.)])\s+(.*)/;
const RULE = /^\s{0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const TABLE_RULE = /^[\s|:-]{3,400}$/;

const plain = (text) => text.replace(BIDI_OVERRIDES, "");

const link = (address, words) =>
  SAFE_LINK.test(address) ? el("a", { href: address, rel: "noopener noreferrer nofollow", target: "_blank" }, words) : words;

function inline(text, cite, depth = 0) {
  if (depth > 2) return [text];
  const out = [];
  let last = 0;
  for (const found of text.matchAll(INLINE)) {
    const [all, code, strong, em, bang, words, address, number, bare] = found;
    out.push(text.slice(last, found.index));
    last = found.index + all.length;
    if (code) out.push(el("code", {}, code));
    else if (strong) out.push(el("strong", {}, ...inline(strong, cite, depth + 1)));
    else if (em) out.push(el("em", {}, ...inline(em, cite, depth + 1)));
    else if (words) out.push(bang ? words : link(address, words));
    else if (number) out.push(cite(Number(number)));
    else out.push(link(bare, bare));
  }
  out.push(text.slice(last));
  return out;
}

function lines(texts, cite) {
  return texts.flatMap((text, i) => (i ? [el("br"), ...inline(text, cite)] : inline(text, cite)));
}

function table(rows, cite) {
  const cells = (row) => row.trim().replace(/^\||\|$/g, "").split("|").slice(0, 20);
  const line = (row, tag) =>
    el("tr", {}, ...cells(row).map((text) => el(tag, { dir: "auto" }, ...inline(text.trim(), cite))));
  const [head, , ...body] = rows;
  const inner = el("table", {}, el("thead", {}, line(head, "th")), el("tbody", {}, ...body.map((row) => line(row, "td"))));
  return el("div", { className: "wide", tabIndex: 0, role: "group" }, inner);
}

/* Items of one list, deeper ones inside the item before them; a line that is no item goes on with the last one. */
function list(rows, cite) {
  const open = [];
  for (const row of rows) {
    const found = ITEM.exec(row);
    if (!found) {
      open.at(-1).node.lastChild.append(el("br"), ...inline(row.trim(), cite));
      continue;
    }
    const [, indent, , number, text] = found;
    while (open.length > 1 && indent.length < open.at(-1).indent) open.pop();
    const deeper = !open.length || (indent.length > open.at(-1).indent + 1 && open.length < MAX_DEPTH);
    if (deeper) {
      const node = el(number ? "ol" : "ul", number ? { start: Number(number) } : {});
      if (open.length) open.at(-1).node.lastChild.append(node);
      open.push({ indent: indent.length, node });
    }
    open.at(-1).node.append(el("li", { dir: "auto" }, ...inline(text, cite)));
  }
  return open[0].node;
}

function blocks(rows, cite, depth = 0) {
  const out = [];
  let held = [];
  const flush = () => {
    if (held.length) out.push(el("p", { dir: "auto" }, ...lines(held, cite)));
    held = [];
  };
  for (let i = 0; i < rows.length; ) {
    const row = rows[i];
    const take = (belongs) => { // the rows from here on that belong together
      const from = i;
      do i += 1; while (i < rows.length && belongs(rows[i]));
      return rows.slice(from, i);
    };
    const fence = /^\s{0,3}```/;
    const heading = /^\s{0,3}#{1,6}\s+(.*)/.exec(row);
    if (fence.test(row)) {
      flush();
      const body = take((r) => !fence.test(r)).slice(1);
      i += 1;
      out.push(el("pre", { tabIndex: 0 }, body.join("\n")));
    } else if (!row.trim()) { flush(); i += 1; }
    else if (RULE.test(row)) { flush(); i += 1; out.push(el("hr")); }
    else if (heading) { flush(); i += 1; out.push(el("h3", { dir: "auto" }, ...inline(heading[1], cite))); }
    else if (/^\s{0,3}>/.test(row) && depth < MAX_DEPTH) {
      flush();
      const body = take((r) => /^\s{0,3}>/.test(r)).map((r) => r.replace(/^\s{0,3}> ?/, ""));
      out.push(el("blockquote", {}, ...blocks(body, cite, depth + 1)));
    } else if (row.includes("|") && TABLE_RULE.test(rows[i + 1] || "") && rows[i + 1].includes("-")) {
      flush();
      out.push(table(take((r) => r.includes("|")), cite));
    } else if (ITEM.test(row)) {
      flush();
      out.push(list(take((r) => ITEM.test(r) || (/^\s+\S/.test(r) && !fence.test(r))), cite));
    } else { held.push(row); i += 1; }
  }
  flush();
  return out;
}

const markdown = (text, cite) => blocks(plain(text.slice(0, MAX_MARKDOWN)).split(/\r?\n/), cite);
