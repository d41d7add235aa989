"""What an installation of some size needs, from what one answer, chunk and message cost.

The unit costs are measurements (docs/benchmarks.md, docs/scale.md); everything else follows from a few laws of
queueing networks: the utilization law (U = X D), Little's law (N = X R), and the bounds of a closed network,
X <= min(N / (L + D), C / D) (Denning and Buzen, The Operational Analysis of Queueing Network Models, 1978), and what
queues take of that (Reiser and Lavenberg, Mean-Value Analysis of Closed Multichain Queuing Networks, 1980; several
cores as in Seidmann, Schweitzer and Shalev-Oren, 1987). `--streams N` prints what `make load` should show with N
visitors; `--held-against FILE` what it should have shown, beside what was measured (`make scale`).
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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


def answers_s_queued(costs: Costs, n_visitors: int, model_s: float, cores: float) -> float:
    """Return answers a second where questions wait for a core behind others, those of which each is on average.

    Several cores are one that is as many times as fast, and a delay for what one question alone can't use of them.
    """
    rate = waiting = 0.0
    for n in range(1, n_visitors + 1):
        at_core_s = costs.answer_s / cores * (1 + waiting)
        rate = n / (model_s + at_core_s + costs.answer_s * max(0.0, cores - 1) / cores)
        waiting = rate * at_core_s
    return rate


def hold_against(costs: Costs, files: Sequence[Path]) -> list[str]:
    """Return a table in Markdown: what loads came to, beside what the unit costs say of the cores that they left."""
    runs = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    title = "| visitors | answers a second: at most, with queues, measured | an answer takes: by the model, measured |"
    cores = " cores of the web server: left, by the model, used | an answer costs: by the model, measured |"
    return [title + cores, "|---|---|---|---|---|", *(_row(costs, run) for run in runs)]


def _row(costs: Costs, run: dict[str, float]) -> str:
    n, rate, cores = int(run["visitors"]), run["answers_s"], run["cores"]
    bound, _ = answers_s(costs, n, run["model_s"], cores)
    queued = answers_s_queued(costs, n, run["model_s"], cores)
    failed = f", {run['failures']} failed" if run["failures"] else ""
    cells = [
        str(n), f"{bound:.1f}, {queued:.1f}, **{rate:.1f}** ({rate / queued - 1:+.0%}{failed})",
        f"{n / queued:.1f} s, **{n / rate:.1f} s**",
        f"{cores:.2f}, {queued * costs.answer_s:.2f}, **{run['web_cores']:.2f}**",
        f"{costs.answer_s * 1000:.0f} ms, **{run['answer_s'] * 1000:.0f} ms**",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


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
    parser.add_argument("--held-against", type=Path, nargs="+", default=[], help="what `benchmarks/load.py` has saved")
    asked = parser.parse_args()
    if asked.held_against:
        print("\n".join(hold_against(costs, asked.held_against)))
        return 0
    demand = Demand(asked.services, asked.chatbots, asked.chunks, asked.answers, model_s=asked.model_seconds)
    print_table("What it needs", size(costs, demand, machine))
    for n in asked.streams:
        rate, used = answers_s(costs, n, asked.model_seconds, asked.cores)
        queued = answers_s_queued(costs, n, asked.model_seconds, asked.cores)
        print_table(f"{n} visitors", [
            ("answers a second, at most", f"{rate:.1f}"), ("of these cores", f"{used:.0%}"),
            ("answers a second, with queues", f"{queued:.1f}"), ("an answer takes", f"{n / queued:.1f} s"),
        ])  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
