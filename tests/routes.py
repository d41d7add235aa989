"""Routes of the many applications of a test process, compiled when an address is first built of one.

An application compiles all of its hundreds of routes twice when it begins: most of what it takes to begin.
"""

from __future__ import annotations

import functools

from werkzeug.routing import Rule

_compile_builder = Rule._compile_builder


def compile_late(rule: Rule, append_unknown: bool = True):
    """Stand in for werkzeug's `Rule._compile_builder`."""
    compiled = functools.cache(lambda: _compile_builder(rule, append_unknown))

    def build(self, *values, **named):
        return compiled()(self, *values, **named)

    return build
