"""Looking for the proofs of domains again."""

from __future__ import annotations

from app.domains import holding


def check_domain(domain_id: int) -> None:
    """Look for one domain's proof, if its time has come."""
    holding.recheck(domain_id)
