"""What an installation of some size needs, from what one answer, chunk and message cost.

The unit costs are measurements (docs/benchmarks.md, docs/scale.md); everything else follows from a few laws of
queueing networks: the utilization law (U = X D), Little's law (N = X R), and the bounds of a closed network,
X <= min(N / (L + D), C / D) (Denning and Buzen, The Operational Analysis of Queueing Network Models, 1978).
`--streams N` prints what `make load` should show with N visitors, to hold the model against.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

from installation import print_table

GB = 1_000_000_000
DAYS_OF_A_MONTH = 30.4
SECONDS_OF_A_DAY = 86_400


@dataclass(frozen=True)
class Costs:
    """Measured on one core of the machine of docs/benchmarks.md; seconds are of processor."""

    answer_s: float = 0.090  # streamed from a chat model through a web process, `make load`
    extractive_s: float = 0.018
    statements: int = 46  # of SQL, for an answer and the opening of its chat
    database_s: float = 0.018  # of the database server's processor, for all of them
    web_bytes: float = 0.273 * GB  # of a process that has answered
    stream_bytes: float = 1.3e6  # of each live stream on top
    message_bytes: float = 1510  # of PostgreSQL, with indexes, sessions, words for search and rollups
    chunk_bytes: float = 4160  # of the database: text, embedding, sentence vectors
    indexed_bytes: float = 950  # of a generation's files
    kept_generations: int = 3
    chunk_s: float = 0.026  # to read, embed and index one, sentences included
    connections: int = 15  # that a web process opens at most


@dataclass(frozen=True)
class Demand:
    """What customers bring."""

    services: int = 10_000
    chatbots: int = 100_000
    chunks_of_a_chatbot: int = 500
    peak_answers_s: float = 1000
    peak_to_mean: float = 5
    model_s: float = 8  # that a chat model takes for an answer
    share_by_model: float = 1.0
    retention_days: int = 90
    changed_a_day: float = 0.02  # share of chunks that are new or changed


@dataclass(frozen=True)
class Machine:
    cores: int = 8
    memory_bytes: float = 32 * GB
    utilization: float = 0.6  # so that a third of them may be lost


def answer_s(costs: Costs, demand: Demand) -> float:
    return demand.share_by_model * costs.answer_s + (1 - demand.share_by_model) * costs.extractive_s


def live_streams(costs: Costs, demand: Demand) -> float:
    """Little's law: those who are being answered at one moment."""
    return demand.peak_answers_s * (demand.share_by_model * demand.model_s + answer_s(costs, demand))


def web_cores(costs: Costs, demand: Demand, machine: Machine) -> float:
    return demand.peak_answers_s * answer_s(costs, demand) / machine.utilization


def web_machines(costs: Costs, demand: Demand, machine: Machine) -> int:
    cores = web_cores(costs, demand, machine)
    memory = cores * costs.web_bytes + live_streams(costs, demand) * costs.stream_bytes
    return math.ceil(max(cores / machine.cores, memory / machine.memory_bytes))


def worker_cores(costs: Costs, demand: Demand, machine: Machine) -> float:
    chunks = demand.chatbots * demand.chunks_of_a_chatbot * demand.changed_a_day
    return chunks * costs.chunk_s / SECONDS_OF_A_DAY / machine.utilization


def messages_a_day(demand: Demand) -> float:
    """Questions and answers."""
    return 2 * demand.peak_answers_s / demand.peak_to_mean * SECONDS_OF_A_DAY


def history_bytes(costs: Costs, demand: Demand) -> float:
    return messages_a_day(demand) * demand.retention_days * costs.message_bytes


def knowledge_bytes(costs: Costs, demand: Demand) -> float:
    return demand.chatbots * demand.chunks_of_a_chatbot * costs.chunk_bytes


def generation_bytes(costs: Costs, demand: Demand) -> float:
    return demand.chatbots * demand.chunks_of_a_chatbot * costs.indexed_bytes * costs.kept_generations


def database_cores(costs: Costs, demand: Demand, machine: Machine) -> float:
    return demand.peak_answers_s * costs.database_s / machine.utilization


def answers_s(costs: Costs, n_visitors: int, model_s: float, cores: float) -> tuple[float, float]:
    """Return (answers a second, share of the cores) of visitors who ask again as soon as they are answered."""
    rate = min(n_visitors / (model_s + costs.answer_s), cores / costs.answer_s)
    return rate, rate * costs.answer_s / cores


def size(costs: Costs, demand: Demand, machine: Machine) -> list[tuple[str, str]]:
    """Return what there is and what it needs, in words."""
    cores, chunks = web_cores(costs, demand, machine), demand.chatbots * demand.chunks_of_a_chatbot
    month, statements = messages_a_day(demand) * DAYS_OF_A_MONTH, demand.peak_answers_s * costs.statements
    database = database_cores(costs, demand, machine)
    return [
        ("services, chatbots, chunks", f"{demand.services:,}, {demand.chatbots:,}, {chunks:,}"),
        ("answers a second, at the peak", f"{demand.peak_answers_s:,.0f}"),
        ("streams at one moment", f"{live_streams(costs, demand):,.0f}"),
        ("cores of web servers", f"{cores:,.0f}, {web_machines(costs, demand, machine)} machines of {machine.cores}"),
        ("cores of workers", f"{worker_cores(costs, demand, machine):,.1f}"),
        ("cores of the database", f"{database:,.0f}, {statements:,.0f} statements a second"),
        ("connections to it, at most", f"{math.ceil(cores) * costs.connections:,}"),
        ("messages a month", f"{month / 1e6:,.0f} million, {month * costs.message_bytes / GB:,.0f} GB"),
        (f"history of {demand.retention_days} days", f"{history_bytes(costs, demand) / GB:,.0f} GB"),
        ("text and vectors in the database", f"{knowledge_bytes(costs, demand) / GB:,.0f} GB"),
        ("generations in the storage", f"{generation_bytes(costs, demand) / GB:,.0f} GB"),
    ]


def main() -> int:
    costs, usual, machine = Costs(), Demand(), Machine()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=usual.services)
    parser.add_argument("--chatbots", type=int, default=usual.chatbots)
    parser.add_argument("--chunks", type=int, default=usual.chunks_of_a_chatbot, help="of a chatbot")
    parser.add_argument("--answers", type=float, default=usual.peak_answers_s, help="a second, at the peak")
    parser.add_argument("--model-seconds", type=float, default=usual.model_s)
    parser.add_argument("--streams", type=int, nargs="*", default=[], help="visitors of `make load`")
    parser.add_argument("--cores", type=float, default=1.2, help="that `make load` leaves to the web server")
    asked = parser.parse_args()
    demand = Demand(asked.services, asked.chatbots, asked.chunks, asked.answers, model_s=asked.model_seconds)
    print_table("What it needs", size(costs, demand, machine))
    for n in asked.streams:
        rate, used = answers_s(costs, n, asked.model_seconds, asked.cores)
        print_table(f"{n} visitors", [("answers a second", f"{rate:.1f}"), ("of these cores", f"{used:.0%}")])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
