"""Everything that happens by the clock: one list of (job, seconds between runs)."""

from __future__ import annotations

from collections.abc import Callable

from app.knowledge import reconcile as rows
from app.plans import expiry
from jobs import queues


def reconcile() -> None:
    """Queue again what the rows say is unfinished; while the queue still has work, nothing was lost."""
    rows.give_up_hopeless()
    if queues.has_work():
        return
    for source_id in rows.unfinished_sources():
        queues.wake_ingestion(source_id)
    for chatbot_id in rows.due_chatbots():
        queues.wake_training(chatbot_id)


PERIODIC: tuple[tuple[Callable[[], None], int], ...] = ((reconcile, 30), (expiry.apply_time, 300))
