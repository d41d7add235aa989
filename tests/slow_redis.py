"""A Redis that answers, but late: a relay before a real one that keeps back each of its answers for a while."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import closing, contextmanager, suppress


class SlowRedis:
    """Relays a socket; `n_waits` is how many answers were kept back, each for `late_s` seconds."""

    def __init__(self, place, behind):
        self.late_s, self.n_waits, self._behind = 0.0, 0, str(behind)
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(place))
        self._door.listen(64)
        self._start(self._let_in)

    @staticmethod
    def _start(work, *args):
        threading.Thread(target=work, args=args, daemon=True).start()

    def _let_in(self):
        with suppress(OSError):
            while True:
                caller, server = self._door.accept()[0], socket.socket(socket.AF_UNIX)
                server.connect(self._behind)
                self._start(self._relay, caller, server)
                self._start(self._relay, server, caller, True)

    def _relay(self, source, target, is_answer=False):
        with suppress(OSError), closing(source), closing(target):
            while said := source.recv(65536):
                if is_answer and self.late_s:
                    self.n_waits += 1
                    time.sleep(self.late_s)
                target.sendall(said)

    def close(self):
        self._door.close()


@contextmanager
def slow_redis(place, behind):
    relay = SlowRedis(place, behind)
    try:
        yield relay
    finally:
        relay.close()
