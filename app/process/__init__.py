"""Child processes of the one-machine run: started in order, restarted when they die, ended with their parent.

`supervisor` runs them, `guard` ends what a killed parent leaves behind, `output` shows what they say, `redis_server`
and `ports` are what the children of ours need.

    RunError                   the run can't begin or go on; the message is one plain sentence
"""

from __future__ import annotations

from app.process.guard import die_with_parent
from app.process.ports import answers_on_port, find_free_port, is_port_free
from app.process.redis_server import redis_child, require_unused
from app.process.supervisor import Child, RunError, Supervisor

__all__ = [
    "Child",
    "RunError",
    "Supervisor",
    "answers_on_port",
    "die_with_parent",
    "find_free_port",
    "is_port_free",
    "redis_child",
    "require_unused",
]
