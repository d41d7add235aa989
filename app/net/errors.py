"""Why a page could not be fetched."""

from __future__ import annotations

from app.languages import in_english

KINDS = ("fetch_failed", "blocked_address", "blocked_by_robots", "limit", "timeout")


MB = 1_000_000


class FetchError(Exception):
    """A page could not be fetched: `kind` is one of KINDS, `advice` says what is wrong and what to do.

    `status` and `retry_after_s` are those of the website's answer, where it gave one. Trying again later may
    help with `fetch_failed` and `timeout`, never with the others.
    """

    def __init__(self, kind: str, advice: str, *, status: int | None = None, retry_after_s: int | None = None) -> None:
        super().__init__(advice)
        self.kind, self.advice = kind, advice
        self.status, self.retry_after_s = status, retry_after_s


def failed(advice: str) -> FetchError:
    return FetchError("fetch_failed", advice)


def blocked(why: str) -> FetchError:
    return FetchError(
        "blocked_address", in_english("This address is not fetched: %(why)s. Use a public web address.", why=why)
    )


def too_slow(host: str) -> FetchError:
    return FetchError("timeout", in_english("%(host)s took too long to answer. Try again later.", host=host))


def too_large(max_bytes: int) -> FetchError:
    size = f"{max_bytes / MB:.3g} MB" if max_bytes >= MB else f"{max_bytes / 1000:.3g} kB"
    return FetchError(
        "limit", in_english("The page is larger than %(size)s, the most that is read. Use a smaller one.", size=size)
    )
