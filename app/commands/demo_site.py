"""The demo customer's website: one short page on another origin, with the embed code."""

from __future__ import annotations

import html
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

from app.commands.opening import installation
from app.commands.seeding import find_demo_embed

if TYPE_CHECKING:
    from config import Config

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Demo customer</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 40rem; margin: 12vh auto; padding: 0 1.5rem; font: 1.1rem/1.6 system-ui, sans-serif; }}
</style>
</head>
<body>
<main>
<h1>A page of a customer</h1>
<p>This stands for the website of somebody who uses Docent. It lies on an address of its own, and the one line of
code at its end brings the button in the corner.</p>
<p>The chatbot behind it knows Docent's handbook. Ask it, for instance, who may read the chat history. What is asked
here is read in <a href="{address}/history/">the history</a> by the demo customer's owner.</p>
</main>
<script async src="{address}/widget/v1/widget.js" data-embed="{embed}"></script>
</body>
</html>
"""


class _Page(BaseHTTPRequestHandler):
    body: ClassVar[bytes] = b""

    def do_GET(self) -> None:
        found = self.path.split("?")[0] in ("/", "/index.html")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.body) if found else 0))
        self.end_headers()
        if found:
            self.wfile.write(self.body)

    def log_message(self, *_args: object) -> None:
        """Say nothing: it is a picture of somebody else's website."""


def run(config: Config) -> int:
    """Serve the page until told to stop."""
    with installation(config) as app:
        embed = find_demo_embed()
        address = app.extensions["docent"].config.address
    if embed is None:
        return 0
    _Page.body = PAGE.format(address=html.escape(address), embed=embed).encode()
    with make_server(config) as server:
        server.serve_forever()
    return 0


def make_server(config: Config) -> ThreadingHTTPServer:
    """Listen on the website's port, over IPv4 or IPv6 as HOST is."""

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in config.host else socket.AF_INET

    return Server((config.host, config.demo_port), _Page)
