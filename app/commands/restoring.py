"""Putting a backup back into an empty installation: proven whole before anything is written, the database last.

Without its database an installation is none: one that is cut off half-way can't be taken for a restored one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import NullPool, create_engine, inspect, make_url

from app.collaborators import Collaborators
from app.commands import backup_file, dumping
from app.commands.arriving_backup import arriving
from app.commands.backup_file import BLOCK, DATABASES, GENERATIONS, KEY_FILES, STORED, Backup, BackupError, Manifest
from app.storage import Storage, StorageError
from indexes.vector_index import VectorsAway
from models.engine import engine_options
from models.migrations import versioning

if TYPE_CHECKING:
    from config import Config
    from indexes.pgvector_server import PgvectorServer

_MAY_BE_THERE = {"embedder", ".embedder.lock", "init.lock"}  # the embedding model is the same everywhere
_KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_SPARE_BYTES = 50_000_000


def restore(config: Config, path: Path | None, identity: Path | None, *, timeout_s: float) -> Manifest:
    """Put a backup into an empty data folder and database; return what it was of. Its database may be an older one.

    Without a path it comes from stdin. `identity` is the file of the key that opens an encrypted one.

    Raises:
        BackupError: it does not fit, is damaged, or can't be written; what had been written is taken away again.
    """
    _require_empty(config)
    with arriving(path, identity, _nearest_folder(config)) as file, backup_file.opened(file) as backup:
        _require_fit(config, backup.manifest)
        _require_room(config, backup)
        backup.verify()
        _put_back(config, backup, timeout_s)
        return backup.manifest


def _require_fit(config: Config, manifest: Manifest) -> None:
    if dumping.kind_of(config.database) != manifest.database:
        there = _KINDS.get(manifest.database, "another database")
        raise BackupError(
            f"This backup is of an installation on {there}, and can be restored on {there} alone: set DATABASE_URL so."
        )
    if manifest.revision not in versioning.known_versions():
        raise BackupError("This backup is of a newer version of Docent than this program: install that, then restore.")
    if not manifest.has_key and not config.secret_key:
        raise BackupError(
            "This backup holds no secret key, as it was set in the environment: set SECRET_KEY to the same here."
        )


def _require_empty(config: Config) -> None:
    """Look whether there is nothing that would be mixed with what is restored."""
    there = sorted({path.name for path in config.data_dir.glob("*")} - _MAY_BE_THERE)
    if there:
        raise BackupError(f"The data folder {config.data_dir} holds {there[0]} already: restore needs an empty one.")
    if _holds_tables(config.database):
        raise BackupError("The database holds tables already: restore needs an empty one.")
    collaborators = Collaborators(config)
    if any(True for kind in (*STORED, GENERATIONS) for _ in collaborators.storage.list_files(kind)):
        raise BackupError("The storage (STORAGE_URL) holds files already: restore needs an empty one.")
    if _holds_vectors(collaborators.vector_server):
        raise BackupError(
            "The PostgreSQL for vectors (VECTOR_DATABASE_URL) keeps some already: an installation that runs would lose"
            " them to this one. Name another, or drop its schema docent_vectors if nobody uses it any more."
        )


def _holds_vectors(server: PgvectorServer | None) -> bool:
    try:
        return server is not None and bool(server.list_kept())
    except VectorsAway as error:
        raise BackupError(f"It can't be seen whether vectors are kept already. {error}") from error


def _holds_tables(address: str) -> bool:
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        return Path(url.database or "").exists()
    engine = create_engine(url, poolclass=NullPool, **engine_options(address))
    with engine.connect() as connection:
        return bool(inspect(connection).get_table_names())


def _require_room(config: Config, backup: Backup) -> None:
    there = _nearest_folder(config)
    if shutil.disk_usage(there).free < backup.n_bytes + _SPARE_BYTES:
        raise BackupError(f"There is no room for {backup.n_bytes / 1e9:.1f} GB below {there}: make some.")


def _nearest_folder(config: Config) -> Path:
    """Return the data folder, or what it will lie in."""
    return next(folder for folder in (config.data_dir, *config.data_dir.parents) if folder.exists())


def _put_back(config: Config, backup: Backup, timeout_s: float) -> None:
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    storage, stored = Collaborators(config).storage, list[str]()
    try:
        _store_files(storage, backup, stored)
        _store_generations(storage, backup, stored)
        for name in KEY_FILES:
            if f"keys/{name}" in backup.names:
                _write(backup, f"keys/{name}", config.data_dir / name)
        _fill_database(config, backup, timeout_s)
    except BaseException as error:
        _undo(config, storage, stored)
        if isinstance(error, OSError | StorageError):
            reason = error.strerror if isinstance(error, OSError) else error
            raise BackupError(f"The backup can't be written to {config.data_dir}: {reason}") from error
        raise


def _undo(config: Config, storage: Storage, stored: list[str]) -> None:
    for key in stored:
        storage.delete_folder(key)
    for name in (*KEY_FILES, "storage"):
        path = config.data_dir / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _store_files(storage: Storage, backup: Backup, stored: list[str]) -> None:
    for key in backup.below("storage"):
        if not key.startswith(f"{GENERATIONS}/"):
            stored.append(key)
            with backup.open(f"storage/{key}") as part:
                storage.save(key, part, backup_file.MAX_BYTES)


def _store_generations(storage: Storage, backup: Backup, stored: list[str]) -> None:
    """Put back each published index as the folder that it was."""
    for key in sorted(
        {"/".join(name.split("/")[:3]) for name in backup.below("storage") if name.startswith(GENERATIONS)}
    ):
        stored.append(key)
        with tempfile.TemporaryDirectory(prefix="docent-") as folder:
            for name in backup.below(f"storage/{key}"):
                _write(backup, f"storage/{key}/{name}", Path(folder) / name)
            storage.put_folder(key, Path(folder))


def _fill_database(config: Config, backup: Backup, timeout_s: float) -> None:
    url, part = make_url(config.database), DATABASES[backup.manifest.database]
    if backup.manifest.database == "sqlite":
        place = Path(url.database or "")
        _in_one_go(place, lambda draft: _write(backup, part, draft))
        return
    with tempfile.TemporaryDirectory(prefix="docent-") as folder:
        _write(backup, part, Path(folder) / part)
        dumping.load(config.database, Path(folder) / part, timeout_s)


def _in_one_go(place: Path, write: Callable[[Path], None]) -> None:
    draft = place.with_name(f".{place.name}.restored")
    draft.unlink(missing_ok=True)
    try:
        write(draft)
        draft.rename(place)
    finally:
        draft.unlink(missing_ok=True)


def _write(backup: Backup, name: str, place: Path) -> None:
    """Write a part as a file that its owner alone can read."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file, backup.open(name) as part:
        shutil.copyfileobj(part, file, BLOCK)
        file.flush()
        os.fsync(file.fileno())
