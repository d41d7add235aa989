/* The widget on a page: when it opens and closes, what an open chat does, and the page's own `window.Docent`. */

const STALLED_MS = 45000; // three heartbeats of the server did not come
const SMALL = "(max-width: 520px), (max-height: 480px)";
const FINAL = new Set(["quota_exhausted", "service_closed", "chatbot_disabled", "domain_unverified", "origin_not_allowed"]); // trying again helps nobody
const MARK = Symbol.for("docent.widget");
const TAG = "docent-chat"; // a name of our own is enough: no stylesheet of a page means it, and none is registered

function main(script, css, panelCss) {
  if (!script || window[MARK]) return; // included twice: the first one stays
  const { embed = "", previewToken = "", open: openAtOnce, draft } = script.dataset;
  const { origin } = new URL(script.src);
  const key = "docent:" + embed;
  const store = keep(() => localStorage);
  const tab = keep(() => sessionStorage);
  const events = new EventTarget();
  const over = new AbortController();
  const { signal } = over;
  let small = null; // asked for when the chat is first opened: a media query makes the page lay itself out
  const word = (name) => config?.strings[name] || name;
  const hasAgreed = () => !config.consent || Boolean(store.get(key + ":agreed"));
  const api = connect({ base: origin + "/api/widget/v1", embed, preview: previewToken, draft: draft && JSON.parse(draft), store, key, word, hasAgreed });
  const tell = (name, detail) => {
    events.dispatchEvent(new CustomEvent(name, { detail }));
    window.dispatchEvent(new CustomEvent("docent:" + name, { detail }));
  };
  const hear = (target, name, act) => target?.addEventListener(name, act, { signal });
  let config = null;
  let host = null;
  let root, wrap, launch, live;
  let ui = null; // the panel, made when it is first opened
  let asking = null;
  let restoring = null;
  let wasOpened = false;
  let hushed = []; // what is inert while the chat fills the screen

  /* A hidden line for screen readers: said once, then gone, so that it is not found again while reading. */
  function say(text) {
    const line = el("p", {}, text);
    live.append(line);
    setTimeout(() => line.remove(), 1500);
  }
  const spoken = (text) => text.replace(/\s*\[\d{1,3}\]|[*`#>|]/g, "");
  const isOpen = () => Boolean(ui && !ui.panel.hidden);
  /* Where typing goes on; a touch screen shows its keyboard only when it is asked for. */
  const settle = () => (config.closed || (small.matches && matchMedia("(pointer: coarse)").matches) ? ui.panel : ui.input).focus();

  // --- one question and its answer

  async function receive(text, id, view) {
    let stalled = 0;
    const alive = () => { clearTimeout(stalled); stalled = setTimeout(() => asking?.abort("stalled"), STALLED_MS); };
    try {
      alive();
      const response = await api.ask({ text, idempotency_key: id }, asking.signal);
      api.remember();
      tab.set(key, "open");
      for await (const [name, data] of readEvents(response.body, alive)) {
        if (name === "delta") view.say(view.text + data.text);
        else if (name === "replace") view.say(data.text);
        else if (name === "sources" && config.features.sources) view.sources(data.sources);
        else if (name === "error") throw api.failureOf(data);
        else if (name === "done") {
          view.say(view.text, true);
          view.offers(data.offers || []);
          view.tools(data.message_id, null);
          return data;
        }
      }
      throw new Failure(word("cut_off"));
    } finally { clearTimeout(stalled); }
  }

  async function ask(text, id) {
    text = text.trim().slice(0, config.limits.message_chars);
    if (!text || asking) return;
    if (!hasAgreed()) { ui.input.value = text; return; }
    if (restoring) await restoring;
    if (!id) ui.question(text);
    id ||= [...crypto.getRandomValues(new Uint32Array(4))].join("-");
    asking = new AbortController();
    ui.busy(true);
    const view = ui.answer();
    say(word("typing"));
    try {
      const { state, message_id } = await receive(text, id, view);
      const said = text.toLowerCase();
      view.invite(ui.chipsFor(config.forms.filter((form) => (form.after_refusal && state === "refused") || form.words.some((sign) => said.includes(sign)))));
      say(spoken(view.text));
      launch.mark(!isOpen());
      tell("answer", { text: view.text, state, message_id });
    } catch (error) {
      if (signal.aborted) return;
      if (asking.signal.aborted && asking.signal.reason !== "stalled") view.note(word("stopped"));
      else {
        const message = error instanceof Failure ? error.message : word(navigator.onLine ? "cut_off" : "offline");
        view.note(message, FINAL.has(error.code) ? null : () => { settle(); ask(text, id); }, true);
        say(message);
        tell("error", { code: error.code || "network", message });
      }
    } finally {
      asking = null;
      if (!signal.aborted) ui.busy(false);
    }
  }

  function stop() {
    asking?.abort("stopped");
    settle();
  }

  async function rate(id, value, comment) {
    try {
      await api.rate(id, value, comment);
      if (value !== null) say(word("thanks"));
      return true;
    } catch (error) { say(error.message); return false; }
  }

  async function submit(form, values) {
    const thanks = await api.submit(form, values, config.lang);
    api.remember();
    say(thanks);
    tell("form", { name: form.name });
    return thanks;
  }

  async function copy(text) {
    await navigator.clipboard.writeText(text.replace(/\s*\[\d{1,3}\]/g, ""));
    say(word("copied"));
  }

  // --- the chat as a whole

  const retry = (view, text) => view.note(word("cut_off"), () => { settle(); ask(text); });

  function draw(messages) {
    ui.clear();
    let asked = "";
    for (const turn of messages) {
      if (turn.type === "client") { ui.question(asked = turn.text); continue; }
      const view = ui.answer();
      view.say(turn.text, true);
      if (!config.closed && (!turn.text || turn.finish !== "complete")) retry(view, asked);
      if (config.features.sources) view.sources(turn.sources);
      if (turn.finish === "complete") view.tools(turn.id, turn.feedback);
    }
    ui.log.scrollTop = ui.log.scrollHeight;
  }

  const restore = () => (restoring ||= (async () => {
    try {
      if (store.get(key)) draw((await api.enter()).messages); // also while nothing is answered: it is the visitor's
    } catch (error) { if (!config.closed) say(error.message); restoring = null; }
  })());

  /* Another tab may have gone on with the chat meanwhile. */
  async function refresh() {
    if (document.hidden || !isOpen() || asking || !api.isOpen() || ui.log.querySelector(".sheet")) return;
    try {
      const messages = await api.messages();
      const shown = ui.log.querySelectorAll(".msg:not(.first, .form)").length;
      if (!asking && (messages.length !== shown || ui.log.querySelector(".note"))) draw(messages);
    } catch { /* the next question will tell */ }
  }

  function forget() {
    asking?.abort("stopped");
    store.drop(key);
    tab.drop(key);
    api.leave();
    ui?.clear();
  }

  function fresh() {
    if (api.isOpen()) api.end().catch(() => { /* it is over for this page either way */ });
    forget();
    settle();
  }

  /* At once, and for good: all that is left is what the visitor reads of it. */
  async function erase() {
    let told = "";
    try {
      const { kept } = await api.erase();
      forget();
      if (kept) told = word("kept");
    } catch (error) { told = error.message; }
    if (told) ui.answer().note(told);
    say(told || word("erased"));
    settle();
  }

  async function save() {
    try {
      const href = URL.createObjectURL(await api.download(config.lang));
      el("a", { href, download: "chat.txt" }).click();
      setTimeout(() => URL.revokeObjectURL(href), 10000);
    } catch (error) { say(error.message); }
  }

  // --- opening and closing

  /* Full screen is modal: the page behind is inert, and the panel keeps clear of the on-screen keyboard. */
  function fitScreen() {
    const full = isOpen() && small.matches;
    if (!full && !hushed.length && !wrap.classList.contains("full")) return;
    wrap.classList.toggle("full", full);
    for (const node of hushed) node.inert = false;
    hushed = full ? [...document.body.children].filter((node) => node !== host && !node.inert) : [];
    for (const node of hushed) node.inert = true;
    if (full) ui.panel.setAttribute("aria-modal", "true");
    else ui.panel.removeAttribute("aria-modal");
    const view = window.visualViewport;
    ui.panel.style.top = full && view ? view.offsetTop + "px" : "";
    ui.panel.style.height = full && view ? view.height + "px" : "";
  }

  function furnish() {
    adopt(root, panelCss);
    const agree = () => store.set(key + ":agreed", "1");
    ui = buildPanel(config, word, { base: origin, ask: (text) => { ask(text); settle(); }, stop, rate, copy, fresh, erase, save, close, agree, hasAgreed, submit, settle });
    const showNetwork = () => { ui.panel.querySelector(".offline").hidden = navigator.onLine; };
    showNetwork();
    for (const kind of ["online", "offline"]) hear(window, kind, showNetwork);
    hear(window, "pageshow", (event) => event.persisted && refresh());
    wrap.append(ui.panel);
    hear(small, "change", fitScreen);
    for (const kind of ["resize", "scroll"]) hear(window.visualViewport, kind, () => isOpen() && fitScreen());
    hear(document, "visibilitychange", refresh);
    hear(window, "storage", (event) => { if (event.key === key && event.newValue === null && !asking) forget(); });
  }

  function open(focus = true) {
    if (!config || wrap.hidden) return;
    small ||= matchMedia(SMALL);
    if (!ui) furnish();
    const was = isOpen();
    wasOpened = true;
    launch.mark(false);
    ui.panel.hidden = false;
    wrap.classList.add("open");
    launch.setAttribute("aria-expanded", "true");
    fitScreen();
    if (focus) settle();
    restore();
    if (store.get(key)) tab.set(key, "open");
    if (!was) tell("open");
  }

  function close() {
    if (!isOpen()) return;
    const hadFocus = Boolean(root.activeElement);
    ui.panel.hidden = true;
    ui.confirm.hidden = true;
    wrap.classList.remove("open");
    launch.setAttribute("aria-expanded", "false");
    fitScreen();
    if (hadFocus) launch.focus();
    tab.drop(key);
    tell("close");
  }

  function pressed(event) {
    event.stopPropagation(); // the page's own shortcuts are not for what is typed here
    if (event.type !== "keydown" || event.key !== "Escape" || event.isComposing || !isOpen()) return;
    if (ui.confirm.hidden) close();
    else { ui.confirm.hidden = true; ui.input.focus(); }
  }

  // --- on the page

  /* Pages that swap their body, or empty it, lose the widget: it comes back as the last element. */
  function attach() {
    watching.disconnect();
    if (document.body && !host.isConnected) document.body.append(host);
    if (isOpen()) fitScreen();
    for (const node of [document, document.documentElement, document.body]) {
      if (node) watching.observe(node, { childList: true });
    }
  }
  const watching = new MutationObserver(attach);

  /* Pages on which the owner wants it, and not: looked at again when the page moves on without being loaded. */
  function watchPages() {
    const { show, hide } = config.pages;
    const isHere = (pattern) => new RegExp("^" + pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*") + "$").test(location.pathname);
    const look = () => {
      const isWelcome = (!show.length || show.some(isHere)) && !hide.some(isHere);
      if (!isWelcome) close();
      wrap.hidden = !isWelcome;
    };
    look();
    if (!show.length && !hide.length) return;
    hear(window.navigation, "currententrychange", look);
    hear(window, "popstate", look);
    if (!window.navigation) {
      const looking = setInterval(look, 1000);
      signal.addEventListener("abort", () => clearInterval(looking));
    }
  }

  /* Once for a visitor who has not opened it, and never over a small page. */
  function openByItself() {
    if (signal.aborted || wasOpened || wrap.hidden || store.get(key + ":met") || matchMedia(SMALL).matches) return;
    store.set(key + ":met", "1");
    open(false);
  }

  function build() {
    host = document.createElement(TAG);
    ({ root, wrap } = buildRoot(host, css, config));
    launch = buildLauncher(config.theme, word, () => (isOpen() ? close() : open()));
    live = el("div", { className: "sr", role: "status", "aria-live": "polite" });
    wrap.append(launch, live);
    for (const kind of ["keydown", "keyup", "keypress"]) hear(host, kind, pressed);
    watchPages();
    attach();
    const wasOpen = tab.get(key) && store.get(key) && !matchMedia(SMALL).matches; // it would cover a small page
    if (openAtOnce || wasOpen) open(false);
    else if (config.open_after_s) setTimeout(openByItself, config.open_after_s * 1000);
  }

  const docent = {
    open: () => ready.then(() => open()),
    close,
    ask: (text) => ready.then(() => { if (config && !wrap.hidden) { open(); return ask(String(text)); } return undefined; }),
    identify: ({ id = "", email = "", name = "", hash = "" } = {}) => ready.then(async () => {
      try {
        if (await api.introduce({ id, email, name, hash })) { asking?.abort("stopped"); ui?.clear(); }
        return true;
      } catch (error) {
        console.warn("Docent: identify() was ignored. " + error.message);
        return false;
      }
    }),
    on: (name, act) => hear(events, name, act),
    off: (name, act) => events.removeEventListener(name, act),
    destroy() {
      over.abort();
      asking?.abort("stopped");
      watching.disconnect();
      if (ui) ui.panel.hidden = true;
      if (host) { fitScreen(); host.remove(); }
      config = null;
      delete window[MARK];
      if (window.Docent === docent) delete window.Docent;
    },
  };
  window[MARK] = docent;
  window.Docent = docent;

  const parsed = () => new Promise((done) => {
    if (document.readyState !== "loading") done();
    else document.addEventListener("DOMContentLoaded", done, { once: true });
  });
  const ready = (async () => {
    try {
      const [found] = await Promise.all([api.config(signal), parsed()]);
      if (signal.aborted) return;
      config = found;
      build();
      window.dispatchEvent(new CustomEvent("docent:ready"));
    } catch (error) {
      if (!signal.aborted) console.info("Docent: " + error.message); // the page goes on without a chat
    }
  })();
}
