"""A form in a browser: found among those of its page, filled in, and its button pressed, once or twice."""

from __future__ import annotations

from tests.e2e.listener import Listener
from tests.waiting import wait_until

CLICK_S = 10  # for a button that stands there
FIND = """([action, names]) => {
  const of = (form) => form.getAttribute("action") || location.pathname + location.search;
  const posts = [...document.forms].filter((form) => form.method === "post" && of(form) === action);
  return posts.find((form) => names.every((name) => form.elements[name])) ?? posts[0] ?? null;
}"""
FILL = """(form, given) => {
  const next = (name) => (given[name].length > 1 ? given[name].shift() : given[name][0]);
  for (const field of form.elements) {
    if (!given[field.name] || ["hidden", "file", "submit"].includes(field.type) || field.matches(":disabled")) continue;
    if (["checkbox", "radio"].includes(field.type)) field.checked = given[field.name].includes(field.value);
    else field.value = next(field.name);
    for (const what of ["input", "change"]) field.dispatchEvent(new Event(what, { bubbles: true }));
  }
}"""
BUTTON = """(form, given) => {
  const isMeant = (button) => !button.name || (given[button.name] ?? [button.value]).includes(button.value);
  const buttons = [...form.elements].filter((field) => field.type === "submit" && !field.matches(":disabled"));
  for (let around = form; around; around = around.parentElement) if (around.tagName === "DETAILS") around.open = true;
  return buttons.find(isMeant) ?? null;
}"""
LACKING = "(form) => [...form.elements].filter((field) => !field.checkValidity()).map((field) => field.name)"
IS_TYPED = """(form) =>
  [...form.elements].some((field) => field.name && !["hidden", "submit", "button"].includes(field.type))"""
LISTEN = "() => window.addEventListener('submit', (event) => { window.wasSent = !event.defaultPrevented; })"
IS_BUTTON = """([x, y]) => {
  const button = document.elementFromPoint(x, y)?.closest("button");
  return button?.type === "submit" && button.form?.method === "post";
}"""


class CanNotSend(Exception):
    """A form of the page can't be sent as somebody would send it."""


class Tab:
    """A tab of somebody's browser, opened at the page of one form."""

    def __init__(self, context, address, posts, shown):
        self.posts, self._shown = posts, shown
        self.page = context.new_page()
        self._listener = Listener(self.page, address)
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.posts.seen.clear()
        self.page.goto(address + shown.page)

    def find(self):
        """Return the form; None where the page has none."""
        return self.page.evaluate_handle(FIND, [self._shown.action, list(self._shown.form.names)]).as_element()

    def fill_in(self, values):
        """Enter what `Form.filled` has found: words, ticks, choices, files."""
        form = self._require(self.find(), "the form is not there")
        form.evaluate(FILL, _words_of(values))
        for name, value in values.items():
            if isinstance(value, tuple):
                file = {"name": value[1], "mimeType": "application/octet-stream", "buffer": value[0].getvalue()}
                form.query_selector(f'input[type="file"][name="{name}"]').set_input_files(file)

    def press(self, values, *, times=1):
        """Press the button, wait for what comes of it, and return where it stood."""
        form = self._require(self.find(), "the form is not there")
        button = self._require(form.evaluate_handle(BUTTON, _words_of(values)).as_element(), "it has no button")
        if lacking := form.evaluate(LACKING):
            raise CanNotSend(f"it is not complete: {lacking}")
        button.scroll_into_view_if_needed(timeout=1000 * CLICK_S)
        box, n_before = button.bounding_box(), len(self.posts.seen)
        button.click(click_count=times, timeout=1000 * CLICK_S)
        wait_until(lambda: len(self.posts.seen) > n_before and self.posts.are_answered())
        self.page.wait_for_load_state("load")
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def sends_by_late_click(self, place):
        """Click where a button was, as the second half of a double click; tell whether that sends what stands there now."""
        if not self.page.evaluate(IS_BUTTON, place):
            return False
        self.page.evaluate(LISTEN)
        self.page.mouse.move(*place)
        self.page.mouse.down(click_count=2)
        self.page.mouse.up(click_count=2)
        return self.page.evaluate("window.wasSent === true")

    def can_be_sent_again(self):
        """Tell whether the form is there with something entered, and complete."""
        form = self.find()
        return form is not None and form.evaluate(IS_TYPED) and not form.evaluate(LACKING)

    def complaints(self):
        """Return what the browser complained of; that a file is no page is no complaint."""
        is_file = any(post.is_file for post in self.posts.seen)
        return [said for said in self._listener.said() if not (is_file and said.startswith("not loaded"))]

    def _require(self, found, complaint):
        if found is None:
            raise CanNotSend(complaint)
        return found


def _words_of(values):
    words = {name: value for name, value in values.items() if not isinstance(value, tuple)}
    return {name: value if isinstance(value, list) else [str(value)] for name, value in words.items()}
