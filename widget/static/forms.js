/* A form in the chat: plain controls. The server checks what was entered; what is wrong stands at its field. */

const CONTROLS = { email: "email", phone: "tel", number: "text", date: "date", time: "time", consent: "checkbox" };

function buildField({ name, kind, label, required, choices }, word, n) {
  const id = `f${n}-${name}`;
  const options = kind === "rating" ? [1, 2, 3, 4, 5].map((stars) => [stars, `${stars} ${"★".repeat(stars)}`]) : choices.map((choice) => [choice, choice]);
  let input;
  if (options.length) input = el("select", { id }, el("option", { value: "" }, word("choose")), ...options.map(([value, shown]) => el("option", { value }, shown)));
  else if (kind === "long") input = el("textarea", { id, rows: 3 });
  else input = el("input", { id, type: CONTROLS[kind] || "text", autocomplete: kind === "phone" ? "tel" : kind === "email" ? kind : "on" });
  if (required) input.ariaRequired = "true";
  const wrong = el("small", { id: id + "w", className: "wrong" });
  const words = el("label", { htmlFor: id, dir: "auto" }, label, required ? "" : ` (${word("optional")})`);
  const node = el("div", { className: kind === "consent" ? "f check" : "f" }, ...(kind === "consent" ? [input, words] : [words, input]), wrong);
  return {
    name, node, input,
    value: () => (kind === "consent" ? (input.checked ? "yes" : "") : input.value),
    mark(text) {
      wrong.textContent = text;
      if (text) { input.ariaInvalid = "true"; input.setAttribute("aria-describedby", wrong.id); }
      else for (const attribute of ["aria-invalid", "aria-describedby"]) input.removeAttribute(attribute);
    },
  };
}

let nForms = 0;

function buildForm(form, word, on) {
  nForms += 1;
  const fields = form.fields.map((field) => buildField(field, word, nForms));
  const status = el("p", { className: "wrong", role: "alert" });
  const send = el("button", { type: "submit", className: "chip strong" }, word("form_send"));
  const cancel = el("button", { type: "button", className: "chip", onclick: () => { node.remove(); on.settle(); } }, word("form_cancel"));
  const box = el("form", { className: "sheet", noValidate: true, "aria-label": form.name }, el("b", { dir: "auto" }, form.name), el("p", { dir: "auto" }, form.intro), ...fields.map((field) => field.node), status, el("div", { className: "chips" }, send, cancel));
  const node = el("div", { className: "msg form" }, box);
  const show = (error) => {
    const wrong = error.fields || {};
    for (const field of fields) field.mark(wrong[field.name] ? word(wrong[field.name]) : "");
    status.textContent = error.fields ? "" : error.message;
    fields.find((field) => wrong[field.name])?.input.focus();
  };
  box.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (send.disabled) return;
    send.disabled = true;
    try {
      const thanks = await on.submit(form, Object.fromEntries(fields.map((field) => [field.name, field.value()])));
      box.replaceWith(el("p", { className: "note", tabIndex: -1, dir: "auto" }, thanks));
      node.firstChild.focus();
    } catch (error) { show(error); }
    send.disabled = false;
  });
  return Object.assign(node, { enter: () => fields[0].input.focus() });
}
