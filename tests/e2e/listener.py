"""What a page says to nobody but its console, and what it asks for."""

from __future__ import annotations


class Listener:
    """What a user never sees: errors in scripts, breaches of the CSP, what was loaded from where."""

    def __init__(self, page, address):
        self.complaints, self.loaded, self.address = [], [], address
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        page.on("request", lambda request: self.loaded.append(request.url))
        page.on("requestfailed", self._miss)

    def _hear(self, said):
        is_ours = "frame is sandboxed" in said.text  # our own watch, in the frame that shows a mail
        is_meant = "404" in said.text or "400" in said.text
        if said.type in ("error", "warning") and not is_ours and not is_meant:
            self.complaints.append(said.text)

    def _miss(self, request):
        is_live = request.resource_type in ("fetch", "eventsource") and request.failure == "net::ERR_ABORTED"
        if not is_live:  # a live part that is asked for just when the page is left is no loss
            self.complaints.append(f"not loaded: {request.url}")

    def said(self):
        strange = [url for url in self.loaded if not url.startswith(self.address)]
        found, self.complaints, self.loaded = self.complaints + strange, [], []
        return found
