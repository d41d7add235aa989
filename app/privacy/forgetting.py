"""Letting SQLite forget the words of deleted chats: single ones, without order, lie in its search index until a merge.

PostgreSQL does the like by VACUUM, and by itself.
"""

from __future__ import annotations

import time

from models import db, raw, tenancy

PAGES = 200  # of the index, that a step writes; others write in between
PAUSE_S = 0.02


def forget_words() -> int:
    """Merge the index step by step until nothing of what was deleted is in it; return how many steps it took. Commits.

    Rows are overwritten where they lay (`secure_delete`), so nothing is left in the files either.
    """
    n_steps = 0
    with tenancy.everything():
        while raw.merge_words(tenancy.current(), PAGES, begins=not n_steps):
            db.session.commit()
            n_steps += 1
            time.sleep(PAUSE_S)
        db.session.commit()
        raw.empty_log(tenancy.current())
    return n_steps
