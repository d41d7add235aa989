"""A real name server and a real website of the tests' own, on loopback."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class Names:
    """What the name server says: TXT records by name; `broken` names get SERVFAIL, `silent` ones no answer."""

    def __init__(self, port: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self.txt: dict[str, list[str]] = {}
        self.broken: set[str] = set()
        self.silent: set[str] = set()

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text(omit_final_dot=True)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name in self.silent:
            return None
        if name in self.broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.txt:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif query.question[0].rdtype == dns.rdatatype.TXT:
            values = [" ".join(f'"{part[i : i + 255]}"' for i in range(0, len(part), 255)) for part in self.txt[name]]
            reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "TXT", *values))
        return reply.to_wire()


@contextmanager
def name_server() -> Iterator[Names]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.2)
        names, stop = Names(server.getsockname()[1]), threading.Event()

        def serve() -> None:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    wire, sender = server.recvfrom(4096)
                    reply = names.answer(wire)
                    if reply is not None:
                        server.sendto(reply, sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield names
        finally:
            stop.set()
            thread.join()
