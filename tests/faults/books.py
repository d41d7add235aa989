"""Texts to learn from: as long as wanted, no two paragraphs alike, each book different."""

from __future__ import annotations

import random

WORDS = (
    "harbor ledger valve meadow signal copper archive lantern orchard turbine granite parcel compass furnace "
    "violin glacier saddle beacon cellar pigment anchor thistle quarry bellows canal mortar spindle ember"
).split()


def write_book(name, n_paragraphs, keep=0, seed=0):
    """Return a text of paragraphs; the first `keep` of them are the same for every seed."""
    paragraphs = []
    for number in range(n_paragraphs):
        random_words = random.Random(f"{name} {number} {0 if number < keep else seed}")
        body = " ".join(random_words.choices(WORDS, k=90))
        paragraphs.append(f"# {name} part {number}\n\nPart {number} of {name}: {body}.")
    return "\n\n".join(paragraphs)
