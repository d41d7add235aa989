"""What a person asked for can't be done, for a reason that they can mend."""

from __future__ import annotations


class Refusal(Exception):
    """The message is one plain sentence for the person who asked: what is wrong, and what to do.

    Capabilities raise kinds of their own. A form shows it above what was typed; any other page goes back to where the
    person came from and says it there; JSON answers 409 with it and `code`.
    """

    code = "refused"
