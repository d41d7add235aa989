"""Whatever adds to a service asks for room first: chatbots, files, pages, websites, workspaces."""

from __future__ import annotations

import io

import pytest

from app.collaborators import here
from app.domains import hosts
from app.knowledge import chatbots, sources
from app.plans import services
from app.plans.catalog import find_plan
from app.plans.quotas import QuotaExceeded, count
from models import Chatbot, Domain, db
from tests.plans.test_quotas import open_free


@pytest.fixture
def chatbot(holder):
    _, workspace = open_free(holder, documents=2, storage_bytes=1000)
    chatbot = Chatbot(name="helper", workspace=workspace)
    chatbots.complete(chatbot, holder.id)
    db.session.add(chatbot)
    db.session.commit()
    return chatbot


def test_a_second_chatbot_finds_no_room_on_the_free_plan(chatbot, holder):
    with pytest.raises(QuotaExceeded, match="room for 1 chatbots"):
        chatbots.complete(Chatbot(name="another", workspace=chatbot.workspace), holder.id)


def test_files_and_pages_count_together(chatbot):
    sources.add_file(chatbot, "a.txt", io.BytesIO(b"a" * 10))
    sources.add_url(chatbot, "https://www.example.com/")
    db.session.commit()
    with pytest.raises(QuotaExceeded, match="room for 2 documents"):
        sources.add_url(chatbot, "https://www.example.com/other")
    db.session.rollback()
    assert count(chatbot.service_id, "documents") == 2


def test_a_file_that_replaces_another_needs_room_for_the_difference_alone(chatbot):
    sources.add_file(chatbot, "a.txt", io.BytesIO(b"a" * 600))
    db.session.commit()
    sources.add_file(chatbot, "a.txt", io.BytesIO(b"b" * 900))
    db.session.commit()
    with pytest.raises(QuotaExceeded, match="1 KB"):
        sources.add_file(chatbot, "b.txt", io.BytesIO(b"c" * 200))
    db.session.rollback()
    assert count(chatbot.service_id, "storage_bytes") == 900


def test_files_that_are_replaced_or_refused_can_not_fill_the_disk(chatbot, holder, monkeypatch):
    monkeypatch.setattr(sources, "MB", 100)  # 1,000 bytes of storage: 15,000 may be sent in an hour
    for number in range(15):
        sources.add_file(chatbot, "a.txt", io.BytesIO(bytes([number]) * 900))
        db.session.commit()
    with pytest.raises(sources.SourceError, match="within the hour"):
        sources.add_file(chatbot, "a.txt", io.BytesIO(b"one more" * 100))
    db.session.rollback()
    stored = [key for key, _ in here().storage.list_files("uploads") if f"/{chatbot.service_id}/" in key]
    assert len(stored) == 15


def test_a_second_website_finds_no_room_on_the_free_plan(chatbot):
    first = Domain(domain="https://www.example.com", service_id=chatbot.service_id)
    hosts.prepare(first, allow_local=False)
    db.session.add(first)
    db.session.commit()
    with pytest.raises(QuotaExceeded):
        hosts.prepare(Domain(domain="https://shop.example.com", service_id=chatbot.service_id), allow_local=False)


def test_an_expired_service_has_no_room(clock, chatbot):
    from models import Service

    services.cancel(db.session.get(Service, chatbot.service_id))
    db.session.commit()
    clock.go(seconds=1)
    with pytest.raises(QuotaExceeded, match="no room for documents now"):
        sources.add_url(chatbot, "https://www.example.com/")
    assert find_plan("free").status == "enabled"
