/* The calls of the widget's API: the token, the session behind it, and errors that can be shown to a person. */

class Failure extends Error {
  constructor(message, facts = {}) {
    super(message);
    Object.assign(this, facts, { message });
  }
}

const CONFIG_PATIENCE_MS = 15000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function connect({ base, embed, preview, draft, store, key, word, hasAgreed }) {
  let identity; // who the visitor is, as the page's server has signed
  let session = null;
  let opening = null;

  /* Some refusals are told in the visitor's own language, the others in the server's words. */
  function failureOf(error) {
    const own = word(error.code);
    return new Failure(own && own !== error.code ? own : error.message || word("away"), error);
  }

  async function call(path, { method = "POST", json, signal, open = true } = {}) {
    const headers = {};
    if (json) headers["Content-Type"] = "application/json";
    if (open && session) headers.Authorization = "Bearer " + session.token;
    const request = { method, headers, signal, body: json && JSON.stringify(json), credentials: preview ? "same-origin" : "omit" };
    let response;
    try { response = await fetch(base + path, request); } catch (error) {
      if (signal?.aborted) throw error;
      throw new Failure(word(navigator.onLine ? "away" : "offline"));
    }
    if (response.ok) return response;
    let error = {};
    try { ({ error } = await response.json()); } catch { /* somebody else answered: a proxy, a captive portal */ }
    throw failureOf({ ...error, status: response.status });
  }

  const config = async (signal) => {
    const sent = preview ? { json: { preview_token: preview, draft } } : { method: "GET" };
    const wished = [document.documentElement.lang, ...navigator.languages].filter(Boolean).slice(0, 6);
    const late = AbortSignal.timeout?.(CONFIG_PATIENCE_MS);
    const any = late && AbortSignal.any ? AbortSignal.any([signal, late]) : signal;
    const page = location.pathname.slice(0, 300); // where its owner sees that it works
    const asked = new URLSearchParams(preview ? { lang: wished } : { lang: wished, page });
    return (await call(`/embeds/${embed}/config?${asked}`, { ...sent, signal: any })).json();
  };

  async function openSession() {
    const page = location.href.split(/[?#]/)[0].slice(0, 2000); // what follows may be private
    const json = { page, resume_token: store.get(key), preview_token: preview, consent: hasAgreed(), identity };
    session = await (await call(`/embeds/${embed}/session`, { json, open: false })).json();
    if (session.messages.length) remember();
    else if (identity) store.drop(key); // it led to the chat of another visitor
    return session;
  }
  const enter = () => (opening ||= openSession().catch((error) => { opening = null; throw error; }));
  const leave = () => { session = opening = null; };
  const remember = () => session && store.set(key, session.resume_token);

  /* A token lives for 15 minutes: the first refusal of an old one opens the session anew. */
  async function inSession(path, options) {
    const held = await enter();
    try { return await call(path, options); } catch (error) {
      if (error.status !== 401) throw error;
      if (session === held) leave();
      await enter();
      return call(path, options);
    }
  }

  /* One answer at a time: after a stop, the server may need a moment to notice. */
  async function askPatiently(json, signal) {
    for (let tries = 0; ; tries += 1) {
      try { return await inSession("/messages", { json, signal }); } catch (error) {
        if (error.status !== 409 || tries === 5) throw error;
        await pause(1000);
        if (signal.aborted) throw error;
      }
    }
  }

  return {
    config, failureOf, enter, leave, remember, ask: askPatiently,
    isOpen: () => Boolean(session),
    rate: (id, value, comment) => inSession(`/messages/${id}/feedback`, { json: { value, comment } }),
    async introduce(who) {
      await call(`/embeds/${embed}/identity`, { json: { ...who, preview_token: preview }, open: false });
      identity = who;
      const before = session?.session_id;
      leave(); // the session is opened anew, with who it is
      return Boolean(before) && (await enter()).session_id !== before; // what is shown is another visitor's
    },
    submit: async ({ id }, values, lang) => (await (await inSession(id ? "/forms/" + id : "/chat/handoff", { json: { values, lang } })).json()).thanks,
    messages: async () => (await (await inSession("/chat/messages", { method: "GET" })).json()).messages,
    download: async (lang) => (await inSession("/chat/download?lang=" + lang)).blob(),
    erase: async () => (await inSession("/chat", { method: "DELETE" })).json(),
    end: () => call("/chat/end"),
  };
}
