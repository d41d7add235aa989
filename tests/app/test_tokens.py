"""Tokens are random, kept as hashes, and good for one purpose and a time."""

from __future__ import annotations

import itertools
import re
import time

import itsdangerous
import pytest

from app.tokens import MAX_TOKEN_CHARS, Signer, TokenExpired, TokenInvalid, digest, is_token, make_token

SECRET = "ada-keeps-this-one-to-herself-0123456789"


@pytest.fixture
def clock(monkeypatch):
    """Let a test sign at another time than now; the function takes seconds from now."""

    def shift(seconds):
        moment = time.time() + seconds
        monkeypatch.setattr(itsdangerous.timed.time, "time", lambda: moment)

    yield shift
    monkeypatch.undo()


def test_a_token_is_256_random_bits_and_only_its_hash_is_kept():
    pairs = [make_token() for _ in range(200)]
    assert len({token for token, _ in pairs}) == 200
    for token, kept in pairs:
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
        assert re.fullmatch(r"[0-9a-f]{64}", kept)
        assert kept == digest(token)
        assert token not in kept


def test_a_token_fits_its_own_hash_alone():
    (token, kept), (other, _) = make_token(), make_token()
    assert is_token(token, kept)
    assert not any(is_token(text, kept) for text in (other, "", token[:-1], token + "=", kept, "ä", "\ud800"))
    assert not is_token(token, "\ud800ä")


def test_a_signed_token_says_what_was_signed():
    payload = {"embed": "e1", "n": 3, "name": "größe"}
    token = Signer(SECRET).sign("widget", payload)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", token)
    assert Signer(SECRET).read("widget", token, 60) == payload


def test_a_token_of_one_purpose_is_nothing_for_another():
    signer = Signer(SECRET)
    for ours, theirs in itertools.permutations(["widget", "preview", "widget.", "widge", "t.widget"], 2):
        with pytest.raises(TokenInvalid):
            signer.read(theirs, signer.sign(ours, {"a": 1}), 60)


def test_a_changed_token_is_refused_at_every_character():
    signer = Signer(SECRET)
    token = signer.sign("widget", {"service": 1})
    for i in range(len(token)):
        changed = token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1 :]
        try:
            assert signer.read("widget", changed, 60) == {"service": 1}, i  # base64 leaves two last bits unused
            assert i == len(token) - 1
        except TokenInvalid:
            pass


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "\x00", "ä.ä.ä", "\ud800", "e30", "." * 5000, "e30.e30.e30", "=" * 9]
)
def test_what_is_no_token_is_refused(token):
    with pytest.raises(TokenInvalid):
        Signer(SECRET).read("widget", token, 60)


@pytest.mark.parametrize("payload", [[1], "text", 5, None])
def test_a_payload_that_is_no_object_is_refused(payload):
    signer = Signer(SECRET)
    token = signer._serializer("widget").dumps(payload)
    with pytest.raises(TokenInvalid):
        signer.read("widget", token, 60)


def test_a_token_expires(clock):
    clock(-61)
    token = Signer(SECRET).sign("widget", {})
    with pytest.raises(TokenExpired):
        Signer(SECRET).read("widget", token, 60)
    assert Signer(SECRET).read("widget", token, 70) == {}


def test_a_clock_that_is_a_little_ahead_does_no_harm_and_a_far_future_is_refused(clock):
    clock(30)
    assert Signer(SECRET).read("widget", Signer(SECRET).sign("widget", {"a": 1}), 60) == {"a": 1}
    clock(600)
    token = Signer(SECRET).sign("widget", {})
    with pytest.raises(TokenInvalid):
        Signer(SECRET).read("widget", token, 60)


def test_an_old_secret_is_still_read_and_signs_nothing():
    old, new = Signer("old" * 10), Signer("new" * 10, old_secrets=["older" * 5, "old" * 10])
    assert new.read("widget", old.sign("widget", {"a": 1}), 60) == {"a": 1}
    with pytest.raises(TokenInvalid):
        old.read("widget", new.sign("widget", {"a": 1}), 60)
    with pytest.raises(TokenInvalid):
        Signer("new" * 10).read("widget", old.sign("widget", {"a": 1}), 60)


def test_it_refuses_to_sign_without_a_secret_or_a_purpose_or_too_much():
    with pytest.raises(ValueError, match="secret"):
        Signer("")
    with pytest.raises(ValueError, match="secret"):
        Signer(SECRET, old_secrets=[""])
    with pytest.raises(ValueError, match="purpose"):
        Signer(SECRET).sign("", {})
    with pytest.raises(ValueError, match=str(MAX_TOKEN_CHARS)):
        Signer(SECRET).sign("widget", {"a": [str(i * 7919) for i in range(5000)]})
