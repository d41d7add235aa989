"""The search for cycles rests while a process starts, and goes on whatever became of the start."""

from __future__ import annotations

import gc

import pytest

from app.process.starting import starting


@pytest.fixture(autouse=True)
def _nothing_frozen():
    yield
    gc.unfreeze()


def test_it_rests_within_and_passes_over_what_was_made():
    with starting():
        assert not gc.isenabled()
        made = {"kept": []}
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    assert not any(each is made for each in gc.get_objects())


def test_it_goes_on_after_a_start_that_failed():
    with pytest.raises(ImportError), starting():
        raise ImportError
    assert gc.isenabled()


def test_who_had_switched_it_off_finds_it_so():
    gc.disable()
    try:
        with starting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
