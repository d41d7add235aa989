"""What is stored is there whole or not at all, under names of our own, on the local disk and elsewhere."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import os
import signal
import threading
import time
import uuid
from io import BytesIO
from itertools import groupby

import pytest
from s3fs import S3FileSystem

from app.storage import Storage, StorageError
from models.base import now
from tests.s3 import make_bucket, running_s3

KEY = "uploads/7/3f2a"


@pytest.fixture(scope="module")
def s3():
    with running_s3() as settings:
        yield settings


@pytest.fixture(params=["local", "memory", "s3"])
def storage(request, tmp_path):
    """One storage on the disk, one in memory, and one of another server, all empty."""
    if request.param == "local":
        return Storage(str(tmp_path / "stored"))
    if request.param == "memory":
        return Storage(f"memory://{uuid.uuid4().hex}")
    request.getfixturevalue("s3")
    return Storage(f"{make_bucket()}/kept")


def read(storage, key):
    with storage.open(key) as stream:
        return stream.read()


def list_all(storage):
    return [path for path in storage._filesystem.find(storage._root) if not storage._filesystem.isdir(path)]


def test_it_gives_back_what_was_saved_and_says_its_size_and_hash(storage):
    body = os.urandom(3_000_001)
    assert storage.save(KEY, BytesIO(body), len(body)) == (len(body), hashlib.sha256(body).hexdigest())
    assert read(storage, KEY) == body
    assert storage.exists(KEY)
    with storage.local_path(KEY) as path:
        assert path.read_bytes() == body
    assert len(list_all(storage)) == 1


def test_an_empty_blob_is_one(storage):
    assert storage.save(KEY, BytesIO(b""), 0)[0] == 0
    assert read(storage, KEY) == b""


def test_saving_again_replaces_it(storage):
    storage.save(KEY, BytesIO(b"old"), 10)
    storage.save(KEY, BytesIO(b"new"), 10)
    assert read(storage, KEY) == b"new"


def test_one_byte_too_many_is_refused_and_leaves_what_was_there(storage):
    storage.save(KEY, BytesIO(b"old"), 10)
    with pytest.raises(StorageError, match="larger than 10 bytes") as caught:
        storage.save(KEY, BytesIO(b"x" * 11), 10)
    assert caught.value.kind == "limit"
    assert read(storage, KEY) == b"old"
    assert len(list_all(storage)) == 1
    assert storage.save(KEY, BytesIO(b"x" * 10), 10)[0] == 10


def test_a_stream_without_end_is_cut(storage):
    class Endless:
        def read(self, n_bytes):
            return b"x" * n_bytes

    with pytest.raises(StorageError, match="5 MB"):
        storage.save(KEY, Endless(), 5_000_000)
    assert list_all(storage) == []


def test_a_stream_that_breaks_off_leaves_nothing(storage):
    class Breaking:
        def __init__(self):
            self.left = [b"x" * 100]

        def read(self, _n_bytes):
            if self.left:
                return self.left.pop()
            raise RuntimeError("the visitor went away")

    with pytest.raises(RuntimeError):
        storage.save(KEY, Breaking(), 1000)
    assert not storage.exists(KEY)
    assert list_all(storage) == []


@pytest.mark.parametrize(
    "key",
    [
        "", "/", "a", "/etc/passwd", "uploads/../../x",
        "uploads/..", "uploads/.", "../uploads/x", "uploads//x", "uploads/x/",
        "uploads/.hidden",
        "uploads/a\x00b", "uploads/a\nb", "uploads/x\n", "uploads/a b", "uploads/ä", "uploads\\x", "C:/x",
        "uploads/%2e%2e/x", "file:///etc/passwd", "uploads/*", "uploads/~", "Uploads/x", "uploads/" + "x" * 200,
    ],
)  # fmt: skip
def test_a_key_that_is_not_ours_is_refused_everywhere(storage, key, tmp_path):
    for use in (
        lambda: storage.save(key, BytesIO(b"x"), 10),
        lambda: storage.open(key),
        lambda: storage.exists(key),
        lambda: storage.delete(key),
        lambda: storage.put_folder(key, tmp_path),
        lambda: storage.fetch_folder(key, tmp_path / "f"),
        lambda: storage.delete_folder(key),
        lambda: storage.local_path(key).__enter__(),
    ):
        with pytest.raises(ValueError, match="storage key"):
            use()
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_is_said_to_be_missing(storage, tmp_path):
    for use in (
        lambda: storage.open(KEY),
        lambda: storage.local_path(KEY).__enter__(),
        lambda: storage.fetch_folder(KEY, tmp_path / "f"),
    ):
        with pytest.raises(StorageError) as caught:
            use()
        assert caught.value.kind == "missing"
    assert not storage.exists(KEY)
    assert not (tmp_path / "f").exists()


def test_deleting_twice_is_no_error(storage):
    storage.save(KEY, BytesIO(b"x"), 10)
    storage.delete(KEY)
    storage.delete(KEY)
    storage.delete_folder("generations/1/a")
    assert not storage.exists(KEY)


def test_a_remote_blobs_local_copy_is_removed():
    storage = Storage(f"memory://{uuid.uuid4().hex}")
    storage.save(KEY, BytesIO(b"x"), 10)
    with storage.local_path(KEY) as path:
        assert path.read_bytes() == b"x"
    assert not path.exists()


def make_folder(folder):
    (folder / "parts").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    (folder / "parts" / "vectors.bin").write_bytes(b"\x00" * 70_000)
    return folder


def test_a_folder_comes_back_as_it_was_put(storage, tmp_path):
    made = make_folder(tmp_path / "made")
    (made / "leak").symlink_to("/etc/passwd")
    storage.put_folder("generations/1/a", made)
    storage.put_folder("generations/1/ab", make_folder(tmp_path / "other"))
    cached = tmp_path / "cache" / "a"
    storage.fetch_folder("generations/1/a", cached)
    found = sorted(p.relative_to(cached).as_posix() for p in cached.rglob("*") if p.is_file())
    assert found == ["manifest.json", "parts/vectors.bin"]
    assert (cached / "parts" / "vectors.bin").read_bytes() == b"\x00" * 70_000
    assert [p.name for p in cached.parent.iterdir()] == ["a"]
    storage.delete_folder("generations/1/a")
    with pytest.raises(StorageError):
        storage.fetch_folder("generations/1/a", tmp_path / "again")
    storage.fetch_folder("generations/1/ab", tmp_path / "again")


def test_a_folder_is_fetched_by_many_at_once_and_is_whole(tmp_path):
    storage = Storage(str(tmp_path / "stored"))  # fsspec's memory storage shares one file position among threads
    storage.put_folder("generations/1/a", make_folder(tmp_path / "made"))
    cached, errors = tmp_path / "cache" / "a", []

    def fetch():
        try:
            storage.fetch_folder("generations/1/a", cached)
            assert (cached / "parts" / "vectors.bin").stat().st_size == 70_000
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=fetch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [p.name for p in cached.parent.iterdir()] == ["a"]


def test_a_fetch_that_breaks_off_leaves_no_folder(storage, tmp_path, monkeypatch):
    storage.put_folder("generations/1/a", make_folder(tmp_path / "made"))
    real, calls = storage._filesystem.get_file, []

    def fail_second(*args, **kwargs):
        calls.append(args)
        if len(calls) > 1:
            raise OSError(errno.EIO, "the network went away")
        return real(*args, **kwargs)

    monkeypatch.setattr(storage._filesystem, "get_file", fail_second)
    with pytest.raises(StorageError) as caught:
        storage.fetch_folder("generations/1/a", tmp_path / "cache" / "a")
    assert caught.value.kind == "storage"
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_full_disk_is_said_in_plain_words_and_leaves_nothing(tmp_path, monkeypatch):
    storage = Storage(str(tmp_path / "stored"))

    def refuse(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match="disk is full"):
        storage.save(KEY, BytesIO(b"x"), 10)
    assert list_all(storage) == []


def test_local_blobs_are_for_this_user_alone(tmp_path):
    storage = Storage(str(tmp_path / "stored"))
    storage.save(KEY, BytesIO(b"x"), 10)
    with storage.local_path(KEY) as path:
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_another_process_stored_is_seen_at_once(storage):
    other = Storage(storage._filesystem.unstrip_protocol(storage._root))
    assert not other.exists(KEY)
    storage.save(KEY, BytesIO(b"x"), 10)
    assert other.exists(KEY)


def test_an_address_of_no_storage_is_refused_in_plain_words():
    with pytest.raises(StorageError, match="STORAGE_URL"):
        Storage("nonsense://bucket")


def test_a_far_storage_that_is_away_is_said_to_be_in_seconds(s3, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    away = Storage(f"s3://away-{uuid.uuid4().hex}")
    started = time.monotonic()
    for call in (lambda: away.save(KEY, BytesIO(b"x"), 10), lambda: away.exists(KEY), lambda: away.delete_folder(KEY)):
        with pytest.raises(StorageError, match="can't be used now") as caught:
            call()
        assert caught.value.kind == "storage"
    assert time.monotonic() - started < 30


def test_a_forked_process_reads_what_its_parent_stored_far_away(s3):
    storage = Storage(make_bucket())
    storage.save(KEY, BytesIO(b"of the parent"), 100)
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(20)  # a child that waits for its parent's thread would wait for ever
        os.write(theirs, read(storage, KEY))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(ours, 100) == b"of the parent"
    for end in (ours, theirs):
        os.close(end)


def test_all_files_are_listed_service_by_service_with_their_age(storage):
    before = now() - dt.timedelta(seconds=5)
    assert list(storage.list_files("uploads")) == []
    keys = {f"uploads/{service}/{name}" for service in (1, 10, 2) for name in ("a", "b")}
    for key in keys:
        storage.save(key, BytesIO(b"x"), 10)
    found = list(storage.list_files("uploads"))
    assert {key for key, _ in found} == keys
    assert [name for name, _ in groupby(key.split("/")[1] for key, _ in found)] == ["1", "10", "2"]
    assert all(written_at > before for _, written_at in found)
    assert {key for key, _ in storage.list_files("uploads/2")} == {"uploads/2/a", "uploads/2/b"}


def test_listing_asks_a_far_storage_once_and_once_more_for_each_service(s3, monkeypatch):
    storage, asked = Storage(make_bucket()), []
    for service in (1, 2, 3):
        for name in ("a", "b"):
            storage.save(f"uploads/{service}/{name}", BytesIO(b"x"), 10)
    ask = S3FileSystem._call_s3

    async def count(self, method, *args, **more):
        asked.append(method)
        return await ask(self, method, *args, **more)

    monkeypatch.setattr(S3FileSystem, "_call_s3", count)
    assert len(list(storage.list_files("uploads"))) == 6
    assert len(asked) == 4
