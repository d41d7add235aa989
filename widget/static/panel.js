/* What a visitor sees. It knows how things look and what can be pressed; what happens then is `on`, given to it. */

const MAX_MARKS = 60; // citations of one answer that can be pressed
const FOLLOW_PX = 120; // a reader this close to the end is taken along

function buildLauncher({ label, icon: name }, word, toggle) {
  const launch = el("button", { className: label ? "launch wide" : "launch", type: "button", "aria-expanded": "false", onclick: toggle });
  launch.append(icon(name), icon("down"), label && el("span", { dir: "auto" }, label));
  launch.mark = (isUnread) => {
    launch.classList.toggle("unread", isUnread);
    launch.ariaLabel = launch.title = [label, isUnread && word("unread"), word("open")].filter(Boolean).join(", ");
  };
  launch.mark(false);
  return launch;
}

/* Styles by the object model, which needs no leave of a CSP. */
function adopt(root, css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

/* The root of everything, with the owner's colors as custom properties. */
function buildRoot(host, css, config) {
  const root = host.attachShadow({ mode: "open" });
  adopt(root, css);
  const { mode, corner, colors, side, bottom } = config.theme;
  const wrap = el("section", { className: `w ${mode} ${corner}`, dir: config.dir, lang: config.lang, "aria-label": config.strings.chat });
  wrap.style.setProperty("--side", side + "px");
  wrap.style.setProperty("--bottom", bottom + "px");
  for (const [ground, set] of Object.entries(colors)) {
    for (const [name, color] of Object.entries(set)) wrap.style.setProperty(`--${ground}-${name}`, color);
  }
  root.append(wrap);
  return { root, wrap };
}

/* A question before something that can't be undone: `name` names its words, `label` those of the button. */
function buildConfirm(word, onClose) {
  const said = el("p");
  const button = (className, act) => el("button", { type: "button", className, onclick: () => { box.hidden = true; act(); } });
  const yes = button("chip strong", () => box.act());
  const no = button("chip", onClose);
  no.append(word("no"));
  const box = el("div", { className: "confirm", hidden: true, role: "group" }, said, el("div", { className: "chips" }, yes, no));
  return Object.assign(box, {
    ask(name, label, act) {
      box.ariaLabel = word(name);
      said.textContent = word(name + "_sure");
      yes.textContent = word(label);
      Object.assign(box, { act, hidden: false });
      yes.focus();
    },
  });
}

/* What a visitor agrees to before the first message, where the owner asks for that. */
function buildConsent({ consent }, word, onYes) {
  const { text = "", link: address = "" } = consent || {};
  const agree = el("button", { type: "button", className: "chip strong", onclick: onYes }, word("agree"));
  return el("div", { className: "confirm consent", role: "group", "aria-label": word("privacy") }, ...markdown(text, String), address && el("p", {}, link(address, word("privacy"))), el("div", { className: "chips" }, agree));
}

function buildComposer(word, limit, on) {
  const input = el("textarea", { rows: 1, placeholder: word("placeholder"), maxLength: limit, "aria-label": word("placeholder"), enterKeyHint: "send" });
  const send = el("button", { type: "submit", className: "send", disabled: true, title: word("send"), "aria-label": word("send") }, icon("send"));
  const stop = iconButton("stop", word("stop"), on.stop, "send stop");
  const count = el("span", { className: "count", hidden: true });
  const form = el("form", {}, el("div", { className: "field" }, input, count), send, stop);
  const fit = () => {
    const n = input.value.length;
    send.disabled = !input.value.trim();
    count.hidden = n < limit * 0.9;
    count.textContent = `${n} / ${limit}`;
    input.style.height = "auto";
    input.style.height = Math.min(input.scrollHeight + 2, 140) + "px";
  };
  const submit = () => {
    const text = input.value.trim();
    if (!text || form.classList.contains("busy")) return;
    input.value = "";
    fit();
    on.ask(text);
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  input.addEventListener("input", fit);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  stop.hidden = true;
  return { form, input, busy(now) { form.classList.toggle("busy", now); send.hidden = now; stop.hidden = !now; } };
}

function placeOf(locator, word) {
  const parts = ["page", "slide", "sheet", "row"].filter((name) => locator[name]).map((name) => `${word(name)} ${locator[name]}`);
  return parts.join(", ") || locator.heading || "";
}

function buildSource(source, word) {
  const place = placeOf(source.locator || {}, word);
  const title = el("span", { className: "title" }, el("b", {}, el("bdi", {}, plain(source.own ? word("own_answers") : source.title))), place && el("small", {}, el("bdi", {}, plain(place))));
  const card = el("details", { "data-n": String(source.n) }, el("summary", {}, el("span", { className: "n" }, String(source.n)), title, icon("down")), el("blockquote", { dir: "auto" }, plain(source.quote)));
  if (source.url && SAFE_LINK.test(source.url)) card.append(el("p", {}, link(source.url, word("open_source"))));
  return card;
}

/* One answer, growing while it is streamed. Drawn at most once in a frame, and whole at the end. */
function buildAnswer(config, word, on, follow) {
  const bubble = el("div", { className: "b", dir: "auto" }, el("span", { className: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")));
  const extra = el("div", { className: "extra" });
  const node = el("div", { className: "msg bot" }, config.avatar && picture(on.base + config.avatar, "face"), el("span", { className: "sr" }, word("bot") + ":"), bubble, extra);
  let drawing = 0;
  let marks = 0;
  const cite = (n) => {
    if ((marks += 1) > MAX_MARKS) return `[${n}]`;
    return el("button", { type: "button", className: "cite", "aria-label": `${word("source")} ${n}`, onclick: () => showSource(n) }, String(n));
  };
  const showSource = (n) => {
    const card = extra.querySelector(`[data-n="${n}"]`);
    if (!card) return;
    card.open = true;
    card.firstChild.focus();
  };
  const draw = () => {
    cancelAnimationFrame(drawing);
    drawing = marks = 0;
    follow(() => bubble.replaceChildren(...markdown(view.text, cite)));
  };
  const thumbs = (id, value) => {
    const buttons = [["good", 1], ["neutral", 0], ["bad", -1]].map(([name, mine]) => {
      const button = iconButton(name, word(name), () => rate(button.ariaPressed === "true" ? null : mine));
      button.value = mine;
      return button;
    });
    const mark = (now) => buttons.forEach((button) => { button.ariaPressed = String(now !== null && Number(button.value) === now); });
    const rate = async (mine) => {
      if (!(await on.rate(id, mine))) return;
      mark(mine);
      extra.querySelector(".why")?.remove();
      if (mine !== null && mine < 1) follow(() => extra.append(why(id, mine)));
    };
    mark(value);
    return buttons;
  };
  const why = (id, mine) => {
    const input = el("input", { maxLength: 500, placeholder: word("why"), "aria-label": word("why") });
    const form = el("form", { className: "why" }, input, iconButton("send", word("send"), () => form.requestSubmit()));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (input.value.trim() && (await on.rate(id, mine, input.value.trim()))) form.replaceWith(el("p", { className: "note" }, word("thanks")));
    });
    return form;
  };
  const view = {
    node, text: "",
    say(text, now) {
      view.text = text;
      if (now) draw();
      else drawing ||= requestAnimationFrame(draw);
    },
    sources(sources) {
      if (!sources.length) return;
      const cards = sources.map((source) => buildSource(source, word));
      follow(() => extra.append(el("div", { className: "sources", role: "group", "aria-label": word("sources") }, el("p", { className: "label" }, word("sources")), ...cards)));
    },
    offers(texts) {
      if (texts.length) follow(() => extra.append(buildChips(texts, word, on)));
    },
    tools(id, value) {
      const tools = el("div", { className: "tools", role: "group", "aria-label": word("feedback") });
      const copy = iconButton("copy", word("copy"), async () => {
        await on.copy(view.text);
        copy.replaceChildren(icon("done"));
        setTimeout(() => copy.replaceChildren(icon("copy")), 2000);
      });
      if (navigator.clipboard) tools.append(copy);
      if (config.features.feedback && !config.closed) tools.append(...thumbs(id, value));
      follow(() => extra.append(tools));
    },
    invite(chips) { if (chips.length) follow(() => extra.append(el("div", { className: "chips" }, ...chips))); },
    note(text, again, isBad = Boolean(again)) {
      cancelAnimationFrame(drawing);
      if (view.text) draw();
      else bubble.remove();
      const button = again && el("button", { type: "button", className: "chip", onclick: () => { node.remove(); again(); } }, word("retry"));
      follow(() => extra.append(el("div", { className: isBad ? "note bad" : "note" }, el("p", {}, text), button || "")));
    },
  };
  return view;
}

/* Questions that can be asked by pressing them. */
function buildChips(texts, word, on) {
  const chips = texts.map((text) => el("button", { type: "button", className: "chip", dir: "auto", onclick: () => on.ask(text) }, text));
  return el("div", { className: "chips", role: "group", "aria-label": word("suggestions") }, ...chips);
}

function buildPanel(config, word, on) {
  const log = el("div", { className: "log", role: "log", "aria-live": "off", tabIndex: 0, "aria-label": word("messages") });
  const suggestions = buildChips(config.suggestions, word, on);
  suggestions.classList.add("first");
  const composer = buildComposer(word, config.limits.message_chars, on);
  const ask = buildConsent(config, word, () => { on.agree(); clear(); composer.input.focus(); });
  const chipsFor = (forms) => forms.map((form) => el("button", { type: "button", className: "chip", dir: "auto", onclick: () => fill(form) }, form.button || form.name));
  const fill = (form) => {
    const sheet = buildForm(form, word, { ...on, submit: (...entered) => on.submit(...entered).finally(() => offerTools(true)) });
    log.append(sheet);
    log.scrollTop = sheet.offsetTop - 12;
    sheet.enter();
  };
  const offers = el("div", { className: "chips offers" }, ...chipsFor(config.forms.filter((form) => form.button)));
  const confirm = buildConfirm(word, () => composer.input.focus());
  const fresh = iconButton("fresh", word("new_chat"), () => confirm.ask("new_chat", "yes", on.fresh));
  const erase = iconButton("trash", word("erase"), () => confirm.ask("erase", "erase", on.erase));
  const save = iconButton("save", word("download"), on.save);
  const tools = config.features.download ? [save, erase, fresh] : [erase, fresh];
  const offerTools = (now) => tools.forEach((tool) => { tool.hidden = !now; });
  const face = config.logo || config.avatar;
  const avatar = face ? picture(on.base + face, config.logo ? "logo" : "avatar") : el("span", { className: "avatar", "aria-hidden": "true" }, [...config.title.trim()][0] || "?");
  const title = el("div", { className: "name" }, el("h2", { dir: "auto" }, config.title), el("p", { dir: "auto", title: config.subtitle }, config.subtitle));
  const head = el("header", { className: "head" }, avatar, title, ...tools, iconButton("close", word("close"), on.close));
  const panel = el("div", { className: "panel", role: "dialog", "aria-label": config.title, tabIndex: -1, hidden: true }, head, confirm, log, el("p", { className: "offline", hidden: true }, word("no_network")), ask, offers, composer.form);
  if (config.powered_by) panel.append(el("p", { className: "foot" }, word("powered_by")));

  let latest = null; // the last question: a long answer is read from its beginning, so it stays in sight
  const toEnd = () => { log.scrollTop = latest ? Math.min(latest.offsetTop - 12, log.scrollHeight) : log.scrollHeight; };
  const follow = (change) => {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < FOLLOW_PX;
    change();
    if (atEnd) toEnd();
  };
  const answer = () => {
    const view = buildAnswer(config, word, on, follow);
    log.append(view.node);
    toEnd();
    return view;
  };
  const question = (text) => {
    suggestions.hidden = true;
    offerTools(true);
    latest = el("div", { className: "msg client" }, el("span", { className: "sr" }, word("you") + ":"), el("div", { className: "b", dir: "auto" }, plain(text)));
    log.append(latest);
    toEnd();
  };
  const clear = () => {
    latest = null;
    const greeting = answer();
    greeting.node.classList.add("first");
    greeting.say(config.closed || config.greeting, true);
    log.replaceChildren(greeting.node, suggestions);
    const isShut = Boolean(config.closed) || !on.hasAgreed();
    suggestions.hidden = isShut || !config.suggestions.length;
    composer.form.hidden = isShut;
    offers.hidden = isShut || !offers.firstChild;
    ask.hidden = Boolean(config.closed) || !isShut;
    offerTools(false);
    confirm.hidden = true;
  };
  clear();
  return { panel, log, confirm, input: composer.input, busy: composer.busy, answer, question, clear, chipsFor };
}
