"""How heavy and how fast screens are: `python benchmarks/screens.py [--rows 100000]`.

Prints what a first and a later page weigh on the wire, how long the server takes for a list of 25 rows out of many,
and how long the main thread of a browser would be busy with a page on a processor that is four times slower: processor
time, which a crowded machine does not lengthen, times four.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

N_TRIES, N_VISITS = 40, 9
SLOWER = 4  # times, than this machine's processor
LISTS = ("chatbotview", "sourceview", "auditview")
PAGES = ("/", "/sourceview/list/", "/chatbotview/add")
BARS = {"first": 150_000, "later": 30_000, "list_ms": 100.0, "busy_ms": 300.0}


def fill(stage: Any, n_rows: int) -> None:
    """Give Ada's service many sources and audit events, in bulk."""
    from sqlalchemy import insert

    from models import AuditEvent, Chatbot, Source, db

    chatbot = db.session.query(Chatbot).filter_by(uuid=stage.full).one()
    owned = {"service_id": stage.service_id}
    below = {**owned, "chatbot_id": chatbot.id, "kind": "file", "data_loc": "x", "state": "ready"}
    for begin in range(0, n_rows, 10_000):
        numbers = range(begin, min(begin + 10_000, n_rows))
        db.session.execute(insert(Source.__table__), [{**below, "title": f"Document {n:06}.pdf"} for n in numbers])
        db.session.execute(insert(AuditEvent.__table__), [{**owned, "action": "chatbots.edit"} for _ in numbers])
    db.session.commit()


def time_lists(app: Any) -> Iterator[tuple[str, float, float]]:
    """Yield each list with the middle and the 95th percentile of its milliseconds, of processor time."""
    from tests.e2e.crawl import client_of

    client = client_of(app, "ada")
    client.environ_base["HTTP_ACCEPT_ENCODING"] = "gzip"  # as browsers do
    for name in LISTS:
        for query in ("", "?page=2000"):
            path, spent = f"/{name}/list/{query}", []
            for _ in range(N_TRIES):
                begin = time.thread_time()
                assert client.get(path).status_code == 200, path
                spent.append(1000 * (time.thread_time() - begin))
            spent.sort()
            yield path, statistics.median(spent), spent[int(0.95 * len(spent))]


@contextmanager
def browser_page(address: str) -> Iterator[Any]:
    """Yield a page of Ada's in Chromium with an empty cache."""
    from playwright.sync_api import sync_playwright

    from tests.e2e.walk import sign_in

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        door = browser.new_context()
        sign_in(door, address, "ada")
        yield browser.new_context(storage_state=door.storage_state()).new_page()
        browser.close()


def weigh(page: Any, url: str) -> int:
    """Return the bytes that come over the wire for a page with all that is not in the browser's cache yet."""
    session, sizes = page.context.new_cdp_session(page), []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    session.detach()
    return int(sum(sizes))


def measure_busy(page: Any, url: str) -> float:
    """Return for how many milliseconds a main thread that is SLOWER works on a page as it loads: the middle one."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def task_seconds() -> float:
        found = session.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in found if metric["name"] == "TaskDuration"))

    spent = []
    for _ in range(N_VISITS):
        page.goto("about:blank")
        before = task_seconds()
        page.goto(url)
        page.wait_for_load_state("networkidle")
        spent.append(task_seconds() - before)
    session.detach()
    return 1000 * SLOWER * statistics.median(spent)


def report(what: str, value: float, bar: float, unit: str) -> bool:
    is_kept = value <= bar
    print(f"{what:<44} {value:>10,.0f} {unit:<5} (at most {bar:,.0f}){'' if is_kept else '  TOO MUCH'}")
    return is_kept


def measure(address: str, app: Any, stage: Any, n_rows: int) -> bool:
    from tests.conftest import inside

    with inside(app):
        fill(stage, n_rows)
    kept = [report(f"{path}, p95", p95, BARS["list_ms"], "ms") for path, _, p95 in time_lists(app)]
    with browser_page(address) as page:
        kept.append(report("a first page", weigh(page, address + PAGES[0]), BARS["first"], "bytes"))
        kept += [report(f"then {path}", weigh(page, address + path), BARS["later"], "bytes") for path in PAGES]
        kept += [
            report(f"main thread, {path}", measure_busy(page, address + path), BARS["busy_ms"], "ms") for path in PAGES
        ]
    return all(kept)


def main() -> int:
    """Print the figures; 1 where one is above its bar."""
    from indexes.artifact import DEFAULT_MODEL, build_artifact
    from tests.e2e.stage import running_stage

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    n_rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="docent-bench-") as folder:
        artifact = Path(folder) / "artifact"
        build_artifact(DEFAULT_MODEL, artifact)
        (Path(folder) / "stage").mkdir()
        with running_stage(Path(folder) / "stage", artifact) as (address, stage, app):
            return 0 if measure(address, app, stage, n_rows) else 1


if __name__ == "__main__":
    sys.exit(main())
