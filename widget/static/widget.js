/* Docent's widget: one classic script, no build step, no other host. License: AGPL-3.0-or-later. */
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || window.Docent) return;
  const BASE = new URL(script.src).origin + "/api/widget/v1";
  const EMBED = script.dataset.embed;
  const PREVIEW = script.dataset.previewToken || "";
  const KEY = "docent:" + EMBED;

  const CSS = `
:host{all:initial!important;display:block!important}
*{box-sizing:border-box;font:inherit}
.w{--a:#2f4bc7;--bg:#fff;--ink:#1b1f2a;--soft:#5b6270;--line:#dfe1e7;--bub:#f1f2f6;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink)}
.dark{--a:#93a6ff;--bg:#1c1f26;--ink:#eceef3;--soft:#a9afbc;--line:#353a45;--bub:#2a2e37}
@media(prefers-color-scheme:dark){.auto{--a:#93a6ff;--bg:#1c1f26;--ink:#eceef3;--soft:#a9afbc;--line:#353a45;--bub:#2a2e37}}
button{cursor:pointer;border:0;background:none;color:inherit;min-height:24px;min-width:24px}
:focus-visible{outline:3px solid var(--a);outline-offset:2px}
.launch{position:fixed;bottom:20px;right:20px;z-index:2147483000;height:56px;min-width:56px;padding:0 18px;border-radius:28px;background:var(--a);color:var(--bg);font-weight:600;box-shadow:0 6px 24px #0003}
.left .launch,.left .panel{right:auto;left:20px}
.panel{position:fixed;bottom:88px;right:20px;z-index:2147483001;width:390px;max-width:calc(100vw - 40px);height:min(640px,calc(100vh - 110px));display:flex;flex-direction:column;background:var(--bg);border:1px solid var(--line);border-radius:16px;box-shadow:0 12px 48px #0004;overflow:hidden}
[hidden]{display:none!important}
.head{display:flex;align-items:center;gap:8px;padding:12px 14px;border-bottom:1px solid var(--line)}
.head h2{flex:1;margin:0;font-weight:700;font-size:16px;overflow-wrap:anywhere}
.log{flex:1;overflow-y:auto;padding:14px;overflow-wrap:anywhere}
.msg{margin:0 0 14px}.client{display:flex;justify-content:flex-end}.client .b{background:var(--a);color:var(--bg);border-radius:14px;padding:8px 12px;max-width:85%;white-space:pre-wrap}
.bot .b{background:var(--bub);border-radius:14px;padding:10px 13px}
.b p{margin:0 0 8px}.b p:last-child{margin:0}.b pre{overflow-x:auto;white-space:pre-wrap}.b ul,.b ol{margin:0 0 8px;padding-inline-start:22px}.b h3{margin:0 0 6px;font-weight:700}
.b code{font-family:ui-monospace,monospace;font-size:.92em}strong{font-weight:700}em{font-style:italic}a{color:var(--a)}
.cite{color:var(--a);font-size:13px;font-weight:600;padding:0 2px}
details{border:1px solid var(--line);border-radius:10px;margin-top:6px;padding:6px 10px;font-size:14px}summary{cursor:pointer;min-height:24px}blockquote{margin:6px 0;color:var(--soft)}
.tools{display:flex;gap:6px;margin-top:4px;color:var(--soft);font-size:14px}.tools button{padding:2px 8px;border:1px solid var(--line);border-radius:8px}.tools [aria-pressed=true]{background:var(--a);color:var(--bg)}
.sug{display:flex;flex-wrap:wrap;gap:8px}.sug button,.act{border:1px solid var(--line);border-radius:14px;padding:6px 12px;color:var(--a);text-align:start}
form{display:flex;gap:8px;padding:10px;border-top:1px solid var(--line)}textarea{flex:1;resize:none;font-size:16px;padding:9px 11px;border:1px solid var(--soft);border-radius:12px;background:var(--bg);color:var(--ink);max-height:120px}
.send{background:var(--a);color:var(--bg);border-radius:12px;padding:0 14px;font-weight:600}
.foot{text-align:center;font-size:12px;color:var(--soft);padding:0 0 8px}.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media(max-width:520px){.panel,.left .panel{inset:0;width:auto;max-width:none;height:auto;border-radius:0;border:0}.full .launch{display:none}}
@media print{.w{display:none}}`;

  const store = (() => {
    const memory = new Map();
    return {
      get(k) { try { return localStorage.getItem(k); } catch { return memory.get(k) || null; } },
      set(k, v) { try { localStorage.setItem(k, v); } catch { memory.set(k, v); } },
      del(k) { try { localStorage.removeItem(k); } catch { memory.delete(k); } },
    };
  })();

  const el = (tag, props = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [k, v] of Object.entries(props)) {
      if (k.startsWith("on")) node.addEventListener(k.slice(2), v);
      else if (k in node && k !== "list") node[k] = v;
      else node.setAttribute(k, v);
    }
    node.append(...children);
    return node;
  };

  /* Markdown to nodes from a short list; nothing is ever parsed as HTML, and there are no images. */
  const SAFE = /^(https?:|mailto:|tel:)/i;
  const INLINE = /`([^`\n]{1,400})`|\*\*([^*\n]{1,400})\*\*|\*([^*\n]{1,400})\*|\[([^\]\n]{1,200})\]\(([^)\s]{1,500})\)|\[(\d{1,3})\]/g;
  function inline(text, onCite) {
    const out = [];
    let last = 0;
    for (const m of text.matchAll(INLINE)) {
      out.push(text.slice(last, m.index));
      last = m.index + m[0].length;
      if (m[1]) out.push(el("code", {}, m[1]));
      else if (m[2]) out.push(el("strong", {}, m[2]));
      else if (m[3]) out.push(el("em", {}, m[3]));
      else if (m[4]) out.push(SAFE.test(m[5]) ? el("a", { href: m[5], rel: "noopener noreferrer", target: "_blank" }, m[4]) : m[4]);
      else out.push(el("button", { type: "button", className: "cite", onclick: () => onCite(Number(m[6])), "aria-label": t("sources") + " " + m[6] }, m[0]));
    }
    out.push(text.slice(last));
    return out;
  }
  function markdown(text, onCite) {
    const out = [];
    let list = null;
    let code = null;
    for (const line of text.slice(0, 20000).split("\n")) {
      if (line.startsWith("```")) { if (code) { out.push(el("pre", {}, code.join("\n"))); code = null; } else { code = []; } list = null; continue; }
      if (code) { code.push(line); continue; }
      const item = /^\s{0,8}(?:([-*•])|(\d{1,3})[.)])\s+(.*)/.exec(line);
      const head = /^#{1,6}\s+(.*)/.exec(line);
      if (item) {
        const tag = item[2] ? "OL" : "UL";
        if (!list || list.tagName !== tag) { list = el(tag.toLowerCase()); out.push(list); }
        list.append(el("li", {}, ...inline(item[3], onCite)));
        continue;
      }
      list = null;
      if (head) out.push(el("h3", {}, ...inline(head[1], onCite)));
      else if (line.trim()) out.push(el("p", { dir: "auto" }, ...inline(line, onCite)));
    }
    if (code) out.push(el("pre", {}, code.join("\n")));
    return out;
  }

  const events = new EventTarget();
  let config = null;
  let session = null;
  let controller = null;
  let dead = false;
  let ui = null;
  let opening = null;
  const t = (k) => (config && config.strings[k]) || k;

  async function call(path, options = {}) {
    const headers = options.body ? { "Content-Type": "application/json" } : {};
    if (session) headers.Authorization = "Bearer " + session.token;
    const response = await fetch(BASE + path, { ...options, headers, credentials: "omit", mode: "cors" });
    if (response.ok) return response;
    let error = {};
    try { error = (await response.json()).error; } catch { /* not ours */ }
    throw Object.assign(new Error(error.message || t("away")), { code: error.code, status: response.status });
  }

  async function openSession() {
    const body = { page: location.href.split("#")[0].slice(0, 2000), resume_token: store.get(KEY) || "", preview_token: PREVIEW };
    session = null;
    session = await (await call(`/embeds/${EMBED}/session`, { method: "POST", body: JSON.stringify(body) })).json();
    if (session.messages.length) store.set(KEY, session.resume_token);
    return session;
  }
  const ensureSession = () => (opening ||= openSession().catch((e) => { opening = null; throw e; }));

  async function withSession(work) {
    await ensureSession();
    try { return await work(); } catch (error) {
      if (error.status !== 401) throw error;
      opening = null;
      await ensureSession();
      return work();
    }
  }

  function say(text) {
    const node = el("p", {}, text);
    ui.live.append(node);
    setTimeout(() => node.remove(), 1500);
  }

  function where(locator) {
    const parts = ["page", "slide", "sheet", "row"].filter((k) => locator[k]).map((k) => t(k) + " " + locator[k]);
    return parts.join(", ") || locator.heading || "";
  }

  function botMessage(turn) {
    const bubble = el("div", { className: "b", dir: "auto" });
    const extra = el("div");
    const node = el("div", { className: "msg bot" }, bubble, extra);
    const view = {
      node, text: "",
      show(text) {
        view.text = text;
        bubble.replaceChildren(...markdown(text, (n) => { const d = extra.querySelector(`[data-n="${n}"]`); if (d) { d.open = true; d.querySelector("summary").focus(); } }));
      },
      sources(list) {
        for (const s of list) {
          const title = `[${s.n}] ${s.title}` + (where(s.locator) ? ", " + where(s.locator) : "");
          const card = el("details", { "data-n": String(s.n) }, el("summary", {}, title), el("blockquote", { dir: "auto" }, s.quote));
          if (s.url && SAFE.test(s.url)) card.append(el("a", { href: s.url, target: "_blank", rel: "noopener noreferrer" }, s.url));
          extra.append(card);
        }
      },
      feedback(id, value) {
        if (!config.features.feedback || !id) return;
        const buttons = [[1, "good", "👍"], [-1, "bad", "👎"]].map(([v, k, sign]) => el("button", { type: "button", "aria-label": t(k), "aria-pressed": String(value === v), onclick: (event) => rate(id, v, event.currentTarget) }, sign));
        extra.append(el("div", { className: "tools" }, ...buttons));
      },
      fail(message, again) {
        extra.append(el("p", {}, message), el("button", { type: "button", className: "act", onclick: () => { node.remove(); again(); } }, t("retry")));
        say(message);
      },
    };
    if (turn) { view.show(turn.text); view.sources(turn.sources || []); view.feedback(turn.id, turn.feedback); }
    ui.log.append(node);
    return view;
  }

  function clientMessage(text) {
    ui.log.append(el("div", { className: "msg client" }, el("div", { className: "b", dir: "auto" }, text)));
    ui.log.scrollTop = ui.log.scrollHeight;
  }

  async function rate(id, value, button) {
    try {
      await withSession(() => call(`/messages/${id}/feedback`, { method: "POST", body: JSON.stringify({ value }) }));
      for (const other of button.parentNode.children) other.setAttribute("aria-pressed", String(other === button));
      say(t("thanks"));
    } catch (error) { say(error.message); }
  }

  /* Server-sent events over fetch: chunks cut events and characters anywhere, so both are carried over. */
  async function* readEvents(body) {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let held = "";
    for (;;) {
      const { done, value } = await reader.read();
      held += decoder.decode(value, { stream: !done });
      const blocks = held.split("\n\n");
      held = blocks.pop();
      for (const block of blocks) {
        const name = /^event: (.*)$/m.exec(block);
        const data = /^data: (.*)$/m.exec(block);
        if (name && data) yield [name[1], JSON.parse(data[1])];
      }
      if (done) return;
    }
  }

  async function ask(text, key) {
    text = text.trim().slice(0, config.limits.message_chars);
    if (!text || controller) return;
    if (!key) { clientMessage(text); ui.sug.hidden = true; }
    key = key || crypto.getRandomValues(new Uint32Array(4)).join("-");
    controller = new AbortController();
    ui.busy(true);
    const view = botMessage();
    say(t("typing"));
    let finished = false;
    try {
      if (!navigator.onLine) throw new Error(t("offline"));
      const response = await withSession(() => call("/messages", { method: "POST", body: JSON.stringify({ text, idempotency_key: key }), signal: controller.signal }));
      store.set(KEY, session.resume_token);
      let id = "";
      for await (const [name, data] of readEvents(response.body)) {
        if (name === "meta") id = data.message_id;
        else if (name === "delta") view.show(view.text + data.text);
        else if (name === "replace") view.show(data.text);
        else if (name === "sources") view.sources(data.sources);
        else if (name === "error") throw new Error(data.message);
        else if (name === "done") { finished = true; view.feedback(id, null); say(view.text.replace(/\s*\[\d+\]/g, "")); }
        if (ui.atEnd()) ui.log.scrollTop = ui.log.scrollHeight;
      }
      if (!finished) throw new Error(t("cut_off"));
    } catch (error) {
      if (error.name !== "AbortError") view.fail(error instanceof TypeError ? t("away") : error.message, () => ask(text, key));
    } finally {
      controller = null;
      if (ui) ui.busy(false);
      events.dispatchEvent(new CustomEvent("answer", { detail: { text: view.text } }));
    }
  }

  async function newChat() {
    if (controller) controller.abort();
    try { if (session) await call("/chat/end", { method: "POST" }); } catch { /* it is over either way */ }
    store.del(KEY);
    session = opening = null;
    ui.log.querySelectorAll(".msg:not(.first)").forEach((n) => n.remove());
    ui.sug.hidden = false;
    ui.input.focus();
  }

  class DocentChat extends HTMLElement {}
  const TAG = "docent-chat";
  let host = null;

  function build() {
    host = document.createElement(TAG);
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
    const mode = ["light", "dark"].includes(config.theme.mode) ? config.theme.mode : "auto";
    const log = el("div", { className: "log", role: "log", "aria-live": "off", tabIndex: 0, "aria-label": t("chat") });
    const input = el("textarea", { rows: 1, placeholder: t("placeholder"), maxLength: config.limits.message_chars, "aria-label": t("placeholder") });
    const send = el("button", { className: "send", type: "submit" }, t("send"));
    const stop = el("button", { className: "send", type: "button", hidden: true, onclick: () => controller && controller.abort() }, t("stop"));
    const form = el("form", {}, input, send, stop);
    const sure = el("div", { className: "sug", hidden: true, role: "group", "aria-label": t("new_chat_sure") });
    sure.append(el("span", {}, t("new_chat_sure")), el("button", { type: "button", onclick: () => { sure.hidden = true; newChat(); } }, t("yes")), el("button", { type: "button", onclick: () => { sure.hidden = true; input.focus(); } }, t("no")));
    const head = el("div", { className: "head" }, el("h2", {}, config.title), el("button", { type: "button", className: "act", onclick: () => { sure.hidden = false; sure.querySelector("button").focus(); } }, t("new_chat")), el("button", { type: "button", "aria-label": t("close"), onclick: () => close() }, "✕"));
    const panel = el("div", { className: "panel", role: "dialog", "aria-label": config.title, hidden: true }, head, sure, log, form);
    if (config.powered_by) panel.append(el("div", { className: "foot" }, t("powered_by")));
    const launch = el("button", { className: "launch", type: "button", "aria-expanded": "false", onclick: () => (panel.hidden ? open() : close()) }, t("chat"));
    const live = el("div", { className: "sr", role: "status", "aria-live": "polite" });
    const sug = el("div", { className: "sug" }, ...config.suggestions.map((s) => el("button", { type: "button", onclick: () => ask(s) }, s)));
    const wrap = el("div", { className: `w ${mode} ${config.theme.corner === "left" ? "left" : ""}`, dir: config.dir, lang: config.lang }, launch, panel, live);
    root.append(wrap);
    ui = { log, input, panel, launch, live, sug, wrap, busy(on) { send.hidden = on; stop.hidden = !on; }, atEnd: () => log.scrollHeight - log.scrollTop - log.clientHeight < 160 };
    const first = botMessage();
    first.node.classList.add("first");
    first.show(config.greeting);
    log.append(sug);
    const submit = () => { const text = input.value; input.value = ""; ask(text); };
    form.addEventListener("submit", (e) => { e.preventDefault(); submit(); });
    input.addEventListener("keydown", (e) => { if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); submit(); } });
    for (const kind of ["keydown", "keyup", "keypress"]) {
      host.addEventListener(kind, (e) => { e.stopPropagation(); if (kind === "keydown" && e.key === "Escape" && !panel.hidden) close(); });
    }
    attach();
    new MutationObserver(attach).observe(document.documentElement, { childList: true, subtree: false });
  }
  function attach() { if (!dead && host && document.body && !host.isConnected) document.body.append(host); }

  let restored = false;
  async function open(focus = true) {
    if (!ui) { await ready; if (!ui) return; }
    ui.panel.hidden = false;
    ui.wrap.classList.add("full");
    ui.launch.setAttribute("aria-expanded", "true");
    if (focus) ui.input.focus();
    events.dispatchEvent(new Event("open"));
    if (!restored && store.get(KEY)) {
      restored = true;
      try {
        const s = await ensureSession();
        if (s.messages.length) ui.sug.hidden = true;
        for (const m of s.messages) m.type === "client" ? clientMessage(m.text) : botMessage(m);
      } catch (error) { say(error.message); }
    }
  }
  function close() {
    if (!ui || ui.panel.hidden) return;
    ui.panel.hidden = true;
    ui.wrap.classList.remove("full");
    ui.launch.setAttribute("aria-expanded", "false");
    ui.launch.focus();
    events.dispatchEvent(new Event("close"));
  }

  window.Docent = {
    open: () => open(), close, ask: async (text) => { await open(); await ask(String(text)); },
    on: (name, fn) => events.addEventListener(name, fn), off: (name, fn) => events.removeEventListener(name, fn),
    destroy() { dead = true; if (controller) controller.abort(); if (host) host.remove(); ui = host = null; delete window.Docent; },
  };

  const ready = (async () => {
    try {
      if (!customElements.get(TAG)) customElements.define(TAG, DocentChat);
      config = await (await call(`/embeds/${EMBED}/config`)).json();
      if (dead) return;
      build();
      if (script.dataset.open) open(false);
    } catch (error) { console.info("Docent: " + error.message); }
  })();
})();
