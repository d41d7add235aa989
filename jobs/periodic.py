"""Everything that happens by the clock: one list of (job, seconds between runs)."""

from __future__ import annotations

from collections.abc import Callable

from app import mail
from app.accounts import ending, keys
from app.domains import counting, holding, review
from app.exports import arriving, preparing, schedules
from app.history import summary, unused
from app.insights import counting as insights
from app.knowledge import reconcile as rows
from app.knowledge import sweep
from app.knowledge.crawling import websites
from app.learning import asking, clustering, digest
from app.learning import counts as clusters
from app.plans import expiry
from app.privacy import erasures, purging, redacting, retention
from app.webhooks import sending
from jobs import queues


def reconcile() -> None:
    """Queue again what the rows say is unfinished, so that a lost job costs half a minute, never a source."""
    rows.give_up_hopeless()
    queues.wake_ingestion(*rows.unfinished_sources())
    queues.wake_training(*rows.due_chatbots())


def refresh_websites() -> None:
    """Read again the websites whose time has come."""
    queues.wake_ingestion(*websites.take_due())


def look_for_proofs() -> None:
    """Look again at the domains whose time has come: in a worker, as name servers and websites may be slow."""
    queues.wake_proofs(*holding.due_domains())


def tell_webhooks() -> None:
    """Tell webhooks what visitors have entered: in a worker, as the other side may be slow."""
    queues.wake_deliveries(*sending.due_deliveries())


def keep_to_retention() -> None:
    """Delete chats whose time is over: in a worker, as there may be many."""
    queues.wake_retention(*retention.settle_all())


def purge_chatbots() -> None:
    """Delete what is below chatbots that were deleted long enough ago."""
    queues.wake_purges(*purging.due_chatbots())


def go_on_erasing() -> None:
    """Queue again the erasures that are not done."""
    queues.wake_erasures(*erasures.waiting())


def go_on_redacting() -> None:
    """Queue again the redactions that are not done."""
    queues.wake_redactions(*redacting.waiting())


def learn() -> None:
    """Look at what was asked, and ask again what had no good answer: in a worker, as it takes a model."""
    queues.wake_learning(*sorted(clustering.due_chatbots() | asking.due_chatbots()))


def write_exports() -> None:
    """Order the exports whose time has come, and have those that wait written: in a worker, as some take minutes."""
    queues.wake_exports(*schedules.take_due(), *preparing.due())


PERIODIC: tuple[tuple[Callable[[], object], int], ...] = (
    (queues.show_scheduler, 15),
    (reconcile, 10),
    (mail.send_due, 2),
    (tell_webhooks, 5),
    (refresh_websites, 60),
    (look_for_proofs, 60),
    (counting.collect, 5),
    (summary.catch_up, 10),
    (review.review, 3600),
    (insights.count_due, 30),
    (learn, 10),
    (clusters.renew_all, 3600),
    (digest.send_due, 300),
    (expiry.apply_time, 300),
    (ending.apply_time, 3600),
    (keep_to_retention, 3600),
    (go_on_erasing, 30),
    (go_on_redacting, 30),
    (purge_chatbots, 3600),
    (queues.wake_forgetting, 86_400),
    (keys.forget_replies, 3600),
    (sending.forget_old, 3600),
    (sweep.sweep, 600),
    (unused.clear, 21_600),
    (write_exports, 10),
    (arriving.remove_silent, 300),
    (preparing.tidy, 300),
)
