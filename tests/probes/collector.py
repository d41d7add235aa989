"""A host on loopback that takes what Sentry and an OpenTelemetry collector would take, and keeps it."""

from __future__ import annotations

import gzip
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Collector:
    """What came, by path: whole bodies, unpacked."""

    port: int
    bodies: dict[str, list[bytes]] = field(default_factory=dict)

    @property
    def dsn(self) -> str:
        return f"http://public@127.0.0.1:{self.port}/7"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def events(self) -> list[bytes]:
        return self.bodies.get("/api/7/envelope/", [])

    def spans(self):
        """Every span that came, as (process, name, facts)."""
        for body in list(self.bodies.get("/v1/traces", [])):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                about = {a.key: a.value.string_value for a in resource.resource.attributes}
                for span in (span for scope in resource.scope_spans for span in scope.spans):
                    yield about["docent.process"], span.name, {a.key: a.value for a in span.attributes}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.collector.bodies.setdefault(self.path.partition("?")[0], []).append(body)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_args):
        pass


@contextmanager
def collecting():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.collector = Collector(server.server_port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.collector
        server.shutdown()
