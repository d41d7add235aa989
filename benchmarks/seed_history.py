"""Fill an installation with chats of a year: two services, six chatbots, N messages, by bulk inserts.

`make seed-history N=1000000` writes to the installation that DATA_DIR and DATABASE_URL name (never to one in use) and
prints the seconds of each 100,000 messages. The same number gives the same chats.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import sys
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from installation import ROOT

sys.path.insert(0, str(ROOT))

from seed_clusters import seed_clusters
from sqlalchemy import func, insert, select, text

from app.accounts import members
from app.commands.opening import installation
from app.history import fulltext
from app.plans.catalog import find_plan
from app.plans.services import grant
from config import read_config
from models import Chatbot, ChatSession, Citation, Domain, Message, Service, SessionWords, Workspace, db
from models.base import now
from models.members import MEMBER

YEAR = dt.timedelta(days=365)
SLICE = 2_500  # sessions that are written together
TELL_EVERY = 100_000
CUSTOMERS = (("Acme", 0.8), ("Globex", 0.2))  # and their share of all chats
CHATBOTS = (("Shop helper", 0, 0.6), ("Manuals", 0, 0.3), ("Staff questions", 1, 0.1))  # name, workspace, share
STATES = {"grounded": 70, "curated": 8, "refused": 20, "error": 2}
FEEDBACK = {None: 88, "positive": 7, "neutral": 1, "negative": 4}
_COUNTED = (*STATES, "positive", "neutral", "negative")
_OF_ANSWERS = (
    "finish", "question_id", "state", "feedback", "response_time", "cost", "chat_model", "tokens_in", "tokens_out",
)  # fmt: skip
# what visitors write, by language, and how often; {} is what they ask about
QUESTIONS = {
    "en": (
        70,
        (
            "How long does the delivery of {} take?", "Can I get a refund for {}?", "Where do I find {}?",
            "Is {} on sale?", "What does {} cost?", "My {} is broken, what now?",
        ),
    ),
    "de": (14, ("Wie lange dauert die Lieferung von {}?", "Kann ich {} zurückgeben?", "Was kostet {}?")),
    "fr": (11, ("Combien coûte {} ?", "Comment puis-je retourner {} ?")),
    "ja": (5, ("{} の返品はできますか", "{} はいくらですか")),
}  # fmt: skip
THINGS = (
    "the blue jacket", "my order", "the invoice", "a gift card", "the coffee grinder", "size 42", "the warranty",
    "spare parts", "the winter tires", "the desk lamp", "an espresso machine", "the garden hose", "opening hours",
    "the return label", "a receipt", "the newsletter",
)  # fmt: skip
ANSWERS = (
    "Delivery takes two to four working days within the country.", "You can return what you bought within 30 days.",
    "The price is shown on the page of each product, taxes included.", "Our shop is open from nine to six on weekdays.",
    "The warranty covers parts and labor for two years.", "Please have the number of your order at hand.",
    "Spare parts can be ordered for seven years after the last sale.", "Gift cards are valid for three years.",
    "The refund arrives on your account five days after we have received the parcel.",
)  # fmt: skip
PAGES = ("/", "/cart", "/help", "/products/jackets", "/products/lamps", "/account/orders", "/contact")


@dataclass(frozen=True)
class Spot:
    """Where a chat takes place."""

    service_id: int
    chatbot_id: int
    domain_id: int


@dataclass(frozen=True)
class Turn:
    """A question and its answer."""

    language: str
    question: str
    answer: str
    state: str
    feedback: str | None
    took_ms: int

    @property
    def took(self) -> dt.timedelta:
        return dt.timedelta(milliseconds=self.took_ms)

    @property
    def cost(self) -> int:
        return 200 + self.took_ms


class Writer:
    """Rows of one slice by table, with ids that continue those that are there."""

    def __init__(self) -> None:
        self._next = {table: (db.session.scalar(select(func.max(table.id))) or 0) + 1 for table in _TABLES}
        self._rows: dict[Any, list[dict[str, Any]]] = defaultdict(list)

    def reserve(self, table: Any) -> int:
        """Return the id of a row that is added later."""
        self._next[table] += 1
        return self._next[table] - 1

    def add(self, table: Any, **values: Any) -> int:
        row_id: int = values.pop("id", None) or self.reserve(table)
        self._rows[table].append({"id": row_id, **values})
        return row_id

    def write(self) -> None:
        connection = db.session.connection()
        for table in _TABLES:
            if self._rows[table]:
                connection.execute(insert(table.__table__), self._rows[table])
        db.session.commit()
        self._rows.clear()

    def finish(self) -> None:
        """Let the database go on counting where this ended, and look at what is there."""
        connection = db.session.connection()
        if connection.dialect.name == "postgresql":
            for table in _TABLES:
                name = table.__tablename__
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {self._next[table]})"))
            connection.execute(text("ANALYZE"))  # as the server does by itself; SQLite never does
        db.session.commit()


_TABLES: tuple[Any, ...] = (ChatSession, Message, Citation, SessionWords)


def _add_customer(name: str, chance: random.Random) -> list[tuple[Spot, float]]:
    """Add a service with two workspaces and three chatbots on three websites; return where chats are, and how often."""
    tag = f"{chance.getrandbits(32):08x}"
    email = f"{name.lower()}-{tag}@example.com"
    person = members.add_member(name, email, uuid.uuid4().hex, platform_role=MEMBER, verified=True)
    service, first = grant(person, find_plan("gold"), f"{name} {tag}")
    second = Workspace(service_id=service.id, name="Second")
    db.session.add(second)
    db.session.flush()
    spots = []
    for number, (title, place, share) in enumerate(CHATBOTS):
        workspace = (first, second)[place]
        chatbot = Chatbot(service_id=service.id, workspace_id=workspace.id, owner_id=person.id, name=title)
        domain = Domain(service_id=service.id, domain=f"{tag}-{number}.example.com", verified=True)
        db.session.add_all([chatbot, domain])
        db.session.flush()
        spots.append((Spot(service.id, chatbot.id, domain.id), share))
    return spots


def _words(chance: random.Random) -> tuple[str, str, str]:
    """Return language, question and answer of one turn."""
    language = chance.choices([*QUESTIONS], [often for often, _ in QUESTIONS.values()])[0]
    thing = chance.choice(THINGS) if chance.random() < 0.8 else f"model {chance.randrange(20_000)}"
    return language, chance.choice(QUESTIONS[language][1]).format(thing), " ".join(chance.sample(ANSWERS, 3))


def _weighed(chance: random.Random, weights: dict[Any, int]) -> list[Any]:
    return chance.choices([*weights], [*weights.values()])


def _moments(n_sessions: int, chance: random.Random) -> Iterator[dt.datetime]:
    """Yield when chats begin, oldest first: more by day than by night, more of late than a year ago."""
    begin = now().replace(minute=0, second=0, microsecond=0) - YEAR
    for n in range(n_sessions):
        day = (begin + YEAR * (n / n_sessions) ** 0.8).replace(hour=0)
        yield day + dt.timedelta(hours=min(23.9, max(0.0, chance.gauss(14, 4))), seconds=chance.randrange(300))


def _add_turn(writer: Writer, spot: Spot, session_id: int, at: dt.datetime, chance: random.Random) -> Turn:
    """Add a question with its answer, which sometimes cites."""
    turn = Turn(
        *_words(chance), *_weighed(chance, STATES), *_weighed(chance, FEEDBACK), int(chance.lognormvariate(7, 0.6))
    )
    ids = {"service_id": spot.service_id, "chatbot_id": spot.chatbot_id}
    said = {**ids, "domain_id": spot.domain_id, "session_id": session_id}
    question_id = writer.add(
        Message, **said, **dict.fromkeys(_OF_ANSWERS), uuid=uuid.uuid4(), type="client", message=turn.question,
        timestamp=at,
    )  # fmt: skip
    answer_id = writer.add(
        Message, **said, uuid=uuid.uuid4(), type="bot", message=turn.answer, timestamp=at + turn.took,
        finish="complete", question_id=question_id, state=turn.state, feedback=turn.feedback,
        response_time=turn.took_ms, cost=turn.cost,
        chat_model="small-chat", tokens_in=900, tokens_out=60,
    )  # fmt: skip
    if turn.state == "grounded":
        title, page = f"Manual {chance.randrange(60)}", chance.randrange(1, 90)
        writer.add(
            Citation, **ids, message_id=answer_id, n=1, title=title, url=None, locator={"page": page},
            quote=turn.answer[:120],
        )  # fmt: skip
    return turn


def _add_session(writer: Writer, spot: Spot, started: dt.datetime, chance: random.Random) -> int:
    """Add a chat with one to five questions; return how many messages."""
    session_id, at, turns = writer.reserve(ChatSession), started, []
    for _ in range(min(5, 1 + int(chance.expovariate(0.8)))):
        turns.append(_add_turn(writer, spot, session_id, at, chance))
        at += turns[-1].took + dt.timedelta(seconds=chance.randrange(10, 200))
    ids = {"service_id": spot.service_id, "chatbot_id": spot.chatbot_id}
    counts = Counter([turn.state for turn in turns] + [turn.feedback for turn in turns if turn.feedback])
    writer.add(
        ChatSession, id=session_id, uuid=uuid.uuid4(), **ids, domain_id=spot.domain_id,
        last_question=turns[-1].question, origin="https://shop.example.com",
        page=f"https://shop.example.com{chance.choice(PAGES)}", started_at=started,
        last_message_at=at, language=turns[0].language, n_questions=len(turns), cost=sum(turn.cost for turn in turns),
        slowest_ms=max(turn.took_ms for turn in turns), handed_over_at=at if chance.random() < 0.004 else None,
        n_submissions=int(chance.random() < 0.01), visitor_hash=f"{chance.getrandbits(18):032x}",
        browser="Firefox on Windows", summary_due_at=None, **{f"n_{name}": counts[name] for name in _COUNTED},
    )  # fmt: skip
    words = fulltext.fit(spot.service_id, [text for turn in turns for text in (turn.question, turn.answer)])
    writer.add(SessionWords, **ids, session_id=session_id, words=words)
    return 2 * len(turns)


def seed(n_messages: int, *, told: bool = True) -> list[int]:
    """Add two customers with so many messages together; return the ids of their services, the larger one first."""
    chance = random.Random(n_messages)
    spots = [(spot, share * of_all) for name, of_all in CUSTOMERS for spot, share in _add_customer(name, chance)]
    db.session.commit()
    writer, n_written, n_sessions, began = Writer(), 0, 0, time.perf_counter()
    choices, weights = [spot for spot, _ in spots], [weight for _, weight in spots]
    moments = _moments(int(n_messages / 3.5), chance)
    while n_written < n_messages:
        started = next(moments, None) or now()
        before = n_written
        n_written += _add_session(writer, chance.choices(choices, weights)[0], started, chance)
        n_sessions += 1
        if n_sessions % SLICE == 0:
            writer.write()
        if told and before // TELL_EVERY != n_written // TELL_EVERY:
            print(f"  {n_written:>9,} messages, {time.perf_counter() - began:6.1f} s for the last 100,000", flush=True)
            began = time.perf_counter()
    writer.write()
    seed_clusters()
    writer.finish()
    return list(dict.fromkeys(spot.service_id for spot in choices))


def main() -> int:
    asking = argparse.ArgumentParser(description=__doc__)
    asking.add_argument("--messages", type=int, default=1_000_000)
    with installation(read_config()):
        began = time.perf_counter()
        services = seed(asking.parse_args().messages)
        names = [db.session.get_one(Service, service_id).name for service_id in services]
        print(f"{' and '.join(names)}: {time.perf_counter() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
