"use strict";
// What was typed is not lost: leaving a changed form asks, and a form whose session had ended is filled in again.
// Nor is it done twice: who goes back to a form and sends it as it was sends it under the name that it had.

{ // nothing of this is seen by the scripts of single pages
  const DRAFT = "docent-draft";
  const SENT = "docent-forms-sent";
  const KEPT_MS = 3_600_000;
  const MAX_SENT = 20;
  const LEFT_OUT = ["hidden", "password", "file", "submit", "button", "search"];

  const thisPage = () => location.pathname + location.search;
  const member = () => document.querySelector("[data-member]")?.dataset.member ?? "";
  const isSent = (form) => form.method === "post" && !("download" in form.dataset);
  const isForm = (form) => isSent(form) && Boolean(form.closest(".form"));
  const fieldsOf = (form) => [...form.elements].filter((f) => f.name && !LEFT_OUT.includes(f.type) && !f.readOnly);
  const valueOf = (field) => (["checkbox", "radio"].includes(field.type) ? field.checked : field.value);

  function read(key) {
    try {
      return JSON.parse(sessionStorage.getItem(key));
    } catch {
      return null;
    }
  }

  function keep(key, value) {
    try {
      if (value) sessionStorage.setItem(key, JSON.stringify(value));
      else sessionStorage.removeItem(key);
    } catch {
      // no storage, or no room in it: the page that asks to sign in again holds the values as well
    }
  }

  const keepDraft = (draft) => keep(DRAFT, draft);
  const actionOf = (form) => form.getAttribute("action") ?? "";
  const nameOf = (form) => form.querySelector('input[name="once"]');
  const seenOf = (form) => form.querySelector('input[name="seen"]'); // marks of what the form showed, for the server

  function draftOf(form) {
    const files = [...form.elements].filter((field) => field.type === "file").flatMap((field) => [...field.files]);
    return {
      page: thisPage(), action: actionOf(form), member: member(), at: Date.now(), seen: seenOf(form)?.value,
      fields: fieldsOf(form).map((field) => [field.name, valueOf(field)]), files: files.map((file) => file.name),
    };
  }

  function fillIn(form, fields) {
    const left = [...fields];
    for (const field of fieldsOf(form)) {
      const at = left.findIndex(([name]) => name === field.name);
      if (at < 0) continue;
      const [[, value]] = left.splice(at, 1);
      if (typeof value === "boolean") field.checked = value;
      else field.value = value;
    }
    form.dataset.changed = "yes";
  }

  // What was typed is held against what its writer saw then: what others have changed since is told when it is saved.
  function seeAsBefore(form, marks) {
    if (marks && seenOf(form)) seenOf(form).value = marks;
  }

  function sayIt(form, draft) {
    const note = document.createElement("p");
    note.className = "flash flash-info";
    const words = document.body.dataset;
    note.textContent = words.restored + (draft.files.length ? ` ${words.chooseAgain} ${draft.files.join(", ")}` : "");
    form.prepend(note);
    announce(note.textContent, false);
  }

  function restore(draft) {
    const forms = [...document.querySelectorAll("form")].filter(isForm);
    const form = forms.find((each) => actionOf(each) === draft.action) ?? forms[0];
    keepDraft(null);
    if (!form) return;
    fillIn(form, draft.fields);
    seeAsBefore(form, draft.seen);
    sayIt(form, draft);
  }

  // The browser asks for a page anew when somebody goes back to it, and its forms get new names. Who sends the same again
  // as the last time sends it under the same name; what has nothing to enter shows what stands now, and is meant.
  const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";

  // Their sum is kept and not their words, for whoever comes next; of others with the same sum the server knows better.
  const sumOf = (words) => [...words].reduce((sum, letter) => (Math.imul(sum, 31) + letter.codePointAt(0)) | 0, 7);

  function nameAsBefore(form) {
    const entered = fieldsOf(form).map((field) => [field.name, valueOf(field)]);
    if (!isSent(form) || !nameOf(form) || !entered.length) return;
    const fields = sumOf(JSON.stringify(entered));
    const sent = read(SENT) ?? [];
    const last = sent.find(({ page, action }) => page === thisPage() && action === actionOf(form));
    if (isBack && last?.fields === fields) nameOf(form).value = last.name;
    keep(SENT, [{ page: thisPage(), action: actionOf(form), fields, name: nameOf(form).value }, ...sent].slice(0, MAX_SENT));
  }

  const draft = read(DRAFT);
  if (draft && document.querySelector("[data-keeps-draft]")) keepDraft({ ...draft, isLost: true });
  else if (draft && (!draft.isLost || Date.now() - draft.at > KEPT_MS)) keepDraft(null);
  else if (draft && draft.page === thisPage() && draft.member === member()) restore(draft);

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && isForm(form)) form.dataset.changed = "yes";
  });

  document.addEventListener("submit", (event) => {
    if ("signsOut" in event.target.dataset) [DRAFT, SENT].forEach((key) => keep(key, null)); // whoever comes next finds nothing of it
    if (event.defaultPrevented) return;
    nameAsBefore(event.target);
    if (!isForm(event.target)) return;
    delete event.target.dataset.changed;
    keepDraft(draftOf(event.target));
  });

  addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-changed]:not([data-sent])")) event.preventDefault();
  });
}
