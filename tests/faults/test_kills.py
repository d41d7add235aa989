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
from tests.faults.installation import kill, wait_until

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

    def the_stage_is_reached():
        state = installation.state(source_id)
        is_publishing = stage == "publishing" and state == "ready" and installation.is_training(trained)
        return state == stage or is_publishing or (state == "ready" and installation.is_settled(trained))

    wait_until(the_stage_is_reached, every_s=0.001)
    for pid in VICTIMS[victim](installation):
        kill(pid)
    if victim == "worker":
        installation.processes["worker"].wait()
    restart_if_dead(installation)
    installation.wait_until_settled(trained)
    installation.check(trained)
    assert installation.state(source_id) == "ready"
    assert installation.finds(trained, QUESTION, "Wilhelmine")


def test_random_kills_lose_and_double_nothing(installation, trained, capsys):
    """An owner adds, replaces, retries and deletes, while somebody pulls plugs."""
    chance = random.Random(7)
    source_ids, recoveries, n_killed, n_asked = [], [], dict.fromkeys(VICTIMS, 0), 0
    while sum(n_killed.values()) < N_KILLS:
        work = chance.random()
        if work < 0.15 and len(source_ids) > 3:
            installation.delete(source_ids.pop(0))
        else:
            name = f"book-{chance.randrange(5)}.md"
            text = write_book(name, chance.choice([5, 40, 120]), keep=20, seed=chance.randrange(10**6))
            source_id = installation.add(trained, name, text)
            source_ids = [*(i for i in source_ids if i != source_id), source_id]
        time.sleep(chance.uniform(0, 1))
        victim = chance.choices(list(VICTIMS), weights=[1, 4, 3, 2])[0]
        pids = VICTIMS[victim](installation)
        for pid in pids:
            kill(pid)
        n_killed[victim] += len(pids)
        if victim == "worker":
            installation.processes["worker"].wait()
        restart_if_dead(installation)
        assert installation.finds(trained, QUESTION, "Wilhelmine"), "the old generation must go on answering"
        n_asked += 1
        if chance.random() < 0.2:
            recoveries.append(installation.wait_until_settled(trained, 120))
            installation.check(trained)
    recoveries.append(installation.wait_until_settled(trained, 120))
    installation.check(trained)
    states = dict(installation.states(trained))
    recoveries.sort()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{sum(n_killed.values())} kills {n_killed}; sources in the end {states}; {n_asked} questions answered in "
            f"between; all settled {len(recoveries)} times, slowest {recoveries[-1]:.1f} s, "
            f"p95 {recoveries[int(0.95 * (len(recoveries) - 1))]:.1f} s\n"
        )
