"""People and rows for looking at screens: Ada's full service, Cid's empty one, and those who run the installation."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

PASSWORD = "a-long-password-for-looking-at-screens"
PEOPLE = {
    "ada": ("Ada Acme", "Member"), "ben": ("Ben Berg", "Member"), "uma": ("Uma Ulm", "Member"),
    "cid": ("Cid Castle", "Member"), "sam": ("Sam Stern", "Staff"), "root": ("Ruth Root", "Superadmin"),
    "sue": ("Sue Sand", "Support"),
}  # fmt: skip
QUESTIONS = (
    ("How long may goods be returned?", "grounded", "Within 30 days of delivery, unopened or not."),
    ("Do you ship to the moon?", "refused", "I don't know: nothing in the documents answers that."),
    ("What are your opening hours?", "curated", "We are open from 9 to 17, Monday to Friday."),
)


@dataclass(frozen=True)
class Stage:
    """What tests need to find the rows: the uuids of Ada's full and new chatbot, of her domain, embed and hosted page, of a chat there and of her websites."""

    service_id: int
    service: uuid.UUID
    full: uuid.UUID
    new: uuid.UUID
    domain: uuid.UUID
    embed: uuid.UUID
    hosted: uuid.UUID
    chat: uuid.UUID
    websites: tuple[uuid.UUID, ...]
    form: uuid.UUID
    submission: uuid.UUID
    invitation: str
    verification: str
    cluster: uuid.UUID
    answer: uuid.UUID


def email_of(name: str) -> str:
    return f"{name}@example.com"


def _add_people():
    from app.accounts import members

    return {
        name: members.add_member(full_name, email_of(name), PASSWORD, platform_role=role, verified=True)
        for name, (full_name, role) in PEOPLE.items()
    }


def _store(title):
    """Keep a file that can be taken home, and return where."""
    from app.collaborators import here

    key = f"uploads/stage-{uuid.uuid4().hex}"
    here().storage.save(key, io.BytesIO(title.encode()), max_bytes=1000)
    return key


def _add_sources(chatbot):
    from models import Source, db

    rows = (
        ("Terms of sale.pdf", "ready", 100, 48, 2_400_000, None),
        ("Price list with a very long name that somebody once exported from a spreadsheet, final version 3.docx", "ready", 100, 12, 64_000, None),
        ("Onboarding.pptx", "embedding", 60, 0, 8_100_000, None),
        ("Minutes.txt", "queued", 0, 0, 900, None),
        ("Scan.pdf", "failed", 0, 0, 1_200_000, "Run text recognition (OCR) over it, or add a version whose text can be selected and copied."),
    )  # fmt: skip
    for title, state, progress, n_chunks, filesize, advice in rows:
        db.session.add(
            Source(
                service_id=chatbot.service_id, chatbot_id=chatbot.id, kind="file", title=title, state=state,
                file_format=title.rpartition(".")[2], data_loc=_store(title), filesize=filesize, progress=progress,
                n_chunks=n_chunks, error_advice=advice, error_code="no_text" if advice else None,
                warnings=["pages_without_text"] if title == "Terms of sale.pdf" else [],
            )
        )  # fmt: skip
    db.session.add(
        Source(
            service_id=chatbot.service_id, chatbot_id=chatbot.id, kind="url", title="https://www.example.com/returns",
            state="ready", file_format="html", data_loc="https://www.example.com/returns", n_chunks=7,
        )
    )  # fmt: skip


def _add_text(chatbot):
    """The terms of sale as they were read: their stages, and three chunks, of which one is switched off."""
    from models import Chunk, Document, Source, db
    from models.base import now

    source = db.session.query(Source).filter_by(chatbot_id=chatbot.id, title="Terms of sale.pdf").one()
    at = now() - dt.timedelta(hours=3)
    for name, seconds in (
        ("queued", 0),
        ("taken", 2),
        ("fetched", 2.2),
        ("parsed", 5),
        ("chunked", 5.1),
        ("finished", 79),
        ("published", 84),
    ):
        setattr(source, f"{name}_at", at + dt.timedelta(seconds=seconds))
    source.n_pages = 31
    scope = {"service_id": chatbot.service_id, "chatbot_id": chatbot.id}
    document = Document(**scope, source_id=source.id, title="Terms of sale", name=source.title, live=True)
    db.session.add(document)
    db.session.flush()
    text = "Goods may be returned within 30 days of delivery, whether they were opened or not. " * 6
    db.session.add_all(
        Chunk(
            **scope, document_id=document.id, position=n, text=text, text_hash=str(n), embedding=b"", embedding_name="none",
            locator={"page": n + 1}, enabled=n != 1,
        )
        for n in range(30)
    )  # fmt: skip


def _add_answers(chatbot):
    """Questions that Ada answered herself."""
    from app.knowledge import pairs
    from models import db

    given = [
        ("What are your opening hours?", "We are open from 9 to 17, Monday to Friday."),
        ("Do you ship abroad?", "Yes, to all of Europe."),
    ]
    source, rows = pairs.add(chatbot, [pairs.make_pair(*pair) for pair in given])
    rows[0].n_hits, source.state, source.n_chunks = 12, "ready", 2
    db.session.flush()


def _add_versions(chatbot, owner):
    """Three versions, of which the second answers, and two golden questions, of which one got worse."""
    import uuid as uuids

    from models import Generation, GoldenQuestion, db

    scope = {"service_id": chatbot.service_id, "chatbot_id": chatbot.id}
    asked = (
        ("How long may goods be returned?", ["30 days"], ""),
        ("Who pays for the parcel?", ["the buyer"], "Terms of sale.pdf"),
    )
    ids = [uuids.uuid4() for _ in asked]
    for question_id, (question, answers, document) in zip(ids, asked, strict=True):
        db.session.add(GoldenQuestion(**scope, uuid=question_id, question=question, answers=answers, document=document))

    def golden(level, change):
        levels = (("answered", "answered", "same"), (level, "answered", change))
        return [
            {"id": str(i), "question": q[0], "level": now, "before": before, "change": how}
            for i, q, (now, before, how) in zip(ids, asked, levels, strict=True)
        ]

    causes = [
        {"n": 1, "what": "read", "title": title, "by": owner.id}
        for title in ("Terms of sale.pdf", "Price list.docx", "Onboarding.pptx")
    ]
    for number in (1, 2, 3):
        row = Generation(
            **scope, number=number, embedding_name="none", n_chunks=40 + 9 * number, n_documents=number, storage_key=f"none/{number}",
            causes=causes[:number], golden=golden("missed", "worse") if number == 3 else golden("answered", "same"),
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        if number == 3:
            chatbot.generation_id, chatbot.version = row.id, 3
    chatbot.held_for, chatbot.held_golden, chatbot.holds_worse = "worse", golden("missed", "worse"), True


def _add_website(chatbot, address, phase, outcomes, **values):
    """A website whose latest crawl came to these outcomes, a page for each; return the uuid of its source."""
    from models import Source, WebPage, Website, db
    from models.base import now

    scope = {"service_id": chatbot.service_id, "chatbot_id": chatbot.id}
    taken = [word not in ("skipped", "failed") and phase != "previewed" for word, _ in outcomes]
    source = Source(
        **scope, kind="website", title=address, data_loc=address, file_format="website", n_pages=sum(taken),
        state=values.pop("state", "ready"), n_chunks=7 * sum(taken), progress=60,
    )  # fmt: skip
    db.session.add(source)
    db.session.flush()
    at = now() - dt.timedelta(hours=5)
    db.session.add(Website(**scope, source_id=source.id, phase=phase, n_crawls=2, ended_at=at, started_at=at, **values))
    db.session.add_all(
        WebPage(
            **scope, source_id=source.id, url=f"{address}page-{i}/with/a/long/path/of-words.html", outcome=word,
            reason=reason, taken=is_taken, seen_in=2, n_chunks=7 * is_taken, title=f"Page {i} of the handbook",
        )
        for i, ((word, reason), is_taken) in enumerate(zip(outcomes, taken, strict=True))
    )  # fmt: skip
    return source.uuid


def _add_websites(chatbot):
    """One that is read, one looked through, one that waits for a yes, one under way."""
    same = ("skipped", "It says the same as https://docs.example.com/page-1/with/a/long/path/of-words.html.")
    robots = ("skipped", "robots.txt asks robots not to read it.")
    failed = ("failed", "The website answered with status 503.")
    kept = [("unchanged", "")] * 52
    return (
        _add_website(chatbot, "https://docs.example.com/", "settled", [*kept, ("added", ""), same, robots, failed], settled_crawl=2, exclude=["/archive/"]),
        _add_website(chatbot, "https://new.example.com/", "previewed", [("added", "")] * 12 + [robots, same]),
        _add_website(chatbot, "https://old.example.com/", "awaiting_consent", [("unchanged", "")] * 5 + [("removed", "The website answered with status 404 again.")] * 4, settled_crawl=1),
        _add_website(chatbot, "https://now.example.com/", "crawling", [("unchanged", "")] * 9, state="fetching", settled_crawl=1, current_url="https://now.example.com/page-8/with/a/long/path/of-words.html"),
    )  # fmt: skip


def _add_chats(chatbot, domain, n=30):
    from app.history import summary
    from models import ChatSession, Citation, Message, db
    from models.base import now

    scope = {"service_id": chatbot.service_id, "chatbot_id": chatbot.id}
    for i in range(n):
        at = now() - dt.timedelta(hours=3 * i)
        chat = ChatSession(
            **scope, domain_id=domain.id, origin=domain.origin, page="/returns", started_at=at, last_message_at=at
        )
        db.session.add(chat)
        db.session.flush()
        for question, state, answer in QUESTIONS[: 1 + i % 3]:
            place = {**scope, "domain_id": domain.id, "session_id": chat.id, "timestamp": at}
            asked = Message(**place, type="client", message=question)
            db.session.add(asked)
            db.session.flush()
            said = Message(
                **place, type="bot", message=answer, state=state, finish="complete", response_time=38,
                question_id=asked.id,
            )  # fmt: skip
            said.feedback = {0: "positive", 1: "negative"}.get(i)
            db.session.add(said)
            db.session.flush()
            if state == "grounded":
                db.session.add(
                    Citation(
                        **scope, message_id=said.id, n=1, title="Terms of sale.pdf", locator={"page": 4},
                        quote="Goods may be returned within 30 days of delivery, whether they were opened or not.",
                    )
                )  # fmt: skip
        summary.renew(chat)
    return chat


def _add_chatbots(service, workspace, domain, owner):
    from models import Chatbot, db
    from models.base import now

    scope = {"service_id": service.id, "workspace": workspace, "owner_id": owner.id}
    full = Chatbot(
        **scope, name="Shop helper", training_status="ready", version=3, last_trained=now() - dt.timedelta(hours=3)
    )
    new = Chatbot(**scope, name="Onboarding guide for everybody who joins the company", type="internal_assistant")
    db.session.add_all([full, new])
    db.session.flush()
    _add_sources(full)
    _add_text(full)
    _add_answers(full)
    _add_versions(full, owner)
    return full, new, _add_embeds(full, domain)


def _add_embeds(chatbot, domain):
    """On a website where some pages are refused, and on a page of its own; return both uuids."""
    from app.domains import embeds
    from models import EmbedDay, EmbedRefusal, db
    from models.base import now

    embed, hosted = embeds.add(chatbot, domain), embeds.switch_hosted(chatbot, is_on=True)
    embed.last_seen_at, embed.last_seen_page = (
        now() - dt.timedelta(minutes=7),
        "/returns/with/a/long/path-of-words.html",
    )
    scope = {"service_id": embed.service_id, "chatbot_id": embed.chatbot_id, "embed_id": embed.id}
    db.session.add(EmbedDay(**scope, n_loads=1234))
    for reason, origin, n in (
        ("origin_not_allowed", "https://shop.www.example.com", 42), ("origin_not_allowed", "https://www.example.org", 3),
        ("origin_missing", "", 17), ("quota_exhausted", "https://www.example.com", 5),
    ):  # fmt: skip
        db.session.add(EmbedRefusal(**scope, reason=reason, origin=origin, n_refused=n))
    return embed.uuid, hosted.uuid


def _add_leads(chatbot, chat):
    """A form, what two visitors entered, and a webhook that was told of the first; return form and first."""
    from app.leads import forms, submissions
    from app.webhooks import finding
    from models import Delivery, Webhook, db
    from models.base import now

    form = forms.add_preset(chatbot)
    chat.visitor = {"id": "42", "email": "uma@example.com", "name": "Uma Ulm"}
    webhook = Webhook(
        service_id=chatbot.service_id,
        chatbot_id=chatbot.id,
        url="https://hooks.example.com/docent",
        sealed_secret="x",
        events=["form", "handoff", "refused"],
    )
    db.session.add(webhook)
    db.session.flush()
    said = (
        ("email", "email", "E-mail", "uma@example.com"),
        ("problem", "long", "What happened?", "The parcel came\nwithout the lid."),
    )
    answers = [{"name": name, "kind": kind, "label": label, "value": value} for name, kind, label, value in said]
    first = submissions.add(chat, answers, form, form.name)
    submissions.add(chat, answers[:1], None, "Talk to a person")
    for delivery in finding.deliveries_of(finding.of_chatbot(chatbot)):
        delivery.state, delivery.attempts, delivery.due_at = "failed", 7, now()
        delivery.error = "The address answered with status 500."
    assert db.session.query(Delivery).count() == 2
    return form.uuid, first.uuid


def _add_verification():
    from app.accounts import members
    from app.tokens import make_token
    from models import Verification, db
    from models.base import now

    vera = members.add_member("Vera Verein", "vera@example.com", PASSWORD, platform_role="Member", verified=False)
    token, token_hash = make_token()
    db.session.add(Verification(member=vera, verification_link=token_hash, expired_at=now() + dt.timedelta(hours=24)))
    return f"/verify/{token}"


def _learn(chatbot):
    """Count the chats and put refused questions into one cluster: (its uuid, that of one of the answers)."""
    from app.insights import counting
    from app.learning import counts
    from models import AskedQuestion, QuestionCluster, db
    from models.base import now

    db.session.commit()
    counting.count_due()
    scope = {"service_id": chatbot.service_id, "chatbot_id": chatbot.id}
    cluster = QuestionCluster(**scope, embedding=b"", embedding_name="none", last_asked_at=now())
    db.session.add(cluster)
    db.session.flush()
    refused = db.session.query(AskedQuestion).filter_by(trouble="refused").all()
    for row in refused:
        row.cluster_id, row.is_due = cluster.id, None
    refused[0].outcome, cluster.asked_again_at = "answered", now()
    counts.renew({cluster.id})
    return cluster.uuid, refused[0].bot_message.uuid


def set_stage():
    """Fill the database of the current application. Call it with every service in scope."""
    from app.accounts import invitations
    from app.plans import orders
    from app.plans.catalog import find_plan
    from app.plans.services import open_service
    from models import AuditEvent, Domain, ServiceMember, WorkspaceMember, db

    people = _add_people()
    service, main = open_service(people["ada"], find_plan("gold"), "Acme")
    open_service(people["cid"], find_plan("free"), "Globex")
    open_service(people["sam"], find_plan("free"), "Sam's own")
    for name, role in (("ben", "admin"), ("uma", "user")):
        db.session.add(ServiceMember(service_id=service.id, user_id=people[name].id, role="member"))
        db.session.add(WorkspaceMember(service_id=service.id, workspace_id=main.id, user_id=people[name].id, role=role))
    domain = Domain(service_id=service.id, domain="www.example.com", scheme="https", verified=True)
    db.session.add_all([domain, Domain(service_id=service.id, domain="shop.example.com", scheme="https")])
    db.session.flush()
    full, new, embed_uuids = _add_chatbots(service, main, domain, people["ada"])
    chat = _add_chats(full, domain)
    websites = _add_websites(full)
    form, submission = _add_leads(full, chat)
    link = invitations.invite(service, "new@example.com", {main.id: "user"}, people["ada"].id).link
    db.session.add(
        AuditEvent(service_id=service.id, actor_id=people["ada"].id, action="service.open", target="services 2")
    )
    orders.order(service, find_plan("premium"), people["ada"].id)
    verification = _add_verification()
    learned = _learn(full)
    db.session.commit()
    return Stage(
        service.id,
        service.uuid,
        full.uuid,
        new.uuid,
        domain.uuid,
        *embed_uuids,
        chat.uuid,
        websites,
        form,
        submission,
        urlsplit(link).path,
        verification,
        *learned,
    )
