"""The one embedding process of a worker machine, which work horses ask over a socket."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from app.process import guard

if TYPE_CHECKING:
    from config import Config

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent.parent


class EmbeddingProcess:
    """Loads the embedding model once; ends with its parent, however that ends; started again by whoever misses it."""

    def __init__(self, config: Config, path: Path) -> None:
        server = [sys.executable, "-m", "indexes.embedding_server", str(path), config.embedding_model]
        launch = [sys.executable, "-I", "-S", guard.__file__, "launch", str(os.getpid())]
        self.path = path
        self._command = [*launch, *server, str(config.data_dir / "embedder")]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.revive()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def revive(self) -> None:
        """Start it, if it does not run. Who asks meanwhile waits until it is up."""
        if self._process is not None:
            if self._process.poll() is None:
                return
            log.warning("the embedding process ended with exit code %s; it is started again", self._process.returncode)
        self.path.unlink(missing_ok=True)
        self._process = subprocess.Popen(self._command, cwd=ROOT)
