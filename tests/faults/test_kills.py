"""kill -9 of the worker, its horse, the parser and the embedder: nothing is lost, doubled or stuck.

`N_KILLS` kills at random moments; a thousand and more by `make faults`, which prints what it saw.
"""

from __future__ import annotations

import os
import random
import sys
import time

import pytest

from tests.faults.books import write_book
from tests.faults.installation import kill
from tests.waiting import wait_until

N_KILLS = int(os.environ.get("N_KILLS", "10"))
SECRET = "The anchor of the old generation is called Wilhelmine."
QUESTION = "What is the anchor of the old generation called?"
pytestmark = pytest.mark.timeout(60 + 20 * N_KILLS)


@pytest.fixture
def trained(installation, chatbot_id):
    installation.add(chatbot_id, "base.txt", SECRET)
    installation.wait_until_settled(chatbot_id)
    assert installation.finds(chatbot_id, QUESTION, "Wilhelmine")
    return chatbot_id


def restart_if_dead(installation):
    """Do what the supervisor of a real run does."""
    for name, process in list(installation.processes.items()):
        if process.poll() is not None:
            installation.start(name)


STAGES = ["fetching", "parsing", "embedding", "publishing"]
VICTIMS = {
    "worker": lambda run: [run.processes["worker"].pid],
    "horse": lambda run: run.horses(),
    "parser": lambda run: run.parsers(),
    "embedder": lambda run: [run.embedder()] if run.embedder() else [],
}


@pytest.mark.parametrize(("stage", "victim"), [*((stage, "horse") for stage in STAGES), ("embedding", "worker")])
def test_a_kill_at_any_stage_costs_time_alone(installation, trained, stage, victim):
    source_id = installation.add(trained, "book.md", write_book(f"{stage} {victim}", 120))

    wait_until(lambda: installation.has_reached(stage, source_id), every_s=0.001)
    for pid in VICTIMS[victim](installation):
        kill(pid)
    if victim == "worker":
        installation.processes["worker"].wait()
    restart_if_dead(installation)
    installation.wait_until_settled(trained)
    installation.check(trained)
    assert installation.state(source_id) == "ready"
    assert installation.finds(trained, QUESTION, "Wilhelmine")


class Toll:
    """What was killed, how often all was settled in between, and how long that took."""

    def __init__(self):
        self.n_killed, self.n_answered, self.recoveries = dict.fromkeys(VICTIMS, 0), 0, []

    @property
    def n(self):
        return sum(self.n_killed.values())

    def __str__(self):
        slowest = sorted(self.recoveries) or [0.0]
        return (
            f"{self.n} kills {self.n_killed}; {self.n_answered} questions answered from the old generation in between; "
            f"all settled and whole {len(self.recoveries)} times, median {slowest[len(slowest) // 2]:.1f} s, "
            f"p95 {slowest[int(0.95 * (len(slowest) - 1))]:.1f} s, slowest {slowest[-1]:.1f} s"
        )

    def take(self, installation, victim):
        pids = VICTIMS[victim](installation)
        for pid in pids:
            kill(pid)
        self.n_killed[victim] += len(pids)
        if victim == "worker":
            installation.processes["worker"].wait()
        restart_if_dead(installation)

    def settle(self, installation, chatbot_id):
        self.recoveries.append(installation.wait_until_settled(chatbot_id, 120))
        installation.check(chatbot_id)


@pytest.fixture
def toll(capsys):
    found = Toll()
    yield found
    with capsys.disabled():
        sys.stdout.write(f"\n{found}\n")


def test_random_kills_lose_and_double_nothing(installation, trained, toll):
    """An owner adds, replaces and deletes, while somebody pulls plugs."""
    chance = random.Random(7)
    source_ids = []
    while toll.n < N_KILLS:
        if chance.random() < 0.15 and len(source_ids) > 3:
            installation.delete(source_ids.pop(0))
        else:
            name = f"book-{chance.randrange(5)}.md"
            text = write_book(name, chance.choice([5, 40, 120]), keep=20, seed=chance.randrange(10**6))
            source_id = installation.add(trained, name, text)
            source_ids = [*(i for i in source_ids if i != source_id), source_id]
        time.sleep(chance.uniform(0, 1))
        toll.take(installation, chance.choices(list(VICTIMS), weights=[1, 4, 3, 2])[0])
        assert installation.finds(trained, QUESTION, "Wilhelmine"), "the old generation must go on answering"
        toll.n_answered += 1
        if chance.random() < 0.2:
            toll.settle(installation, trained)
    toll.settle(installation, trained)
