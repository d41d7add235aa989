"""How well two texts meet token by token: the late interaction of ColBERT (https://arxiv.org/abs/2004.12832).

The vector of a text says what it is about; a token that meets nothing like it says what is missing.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Cover(NamedTuple):
    """Each token's cosine to the nearest token of the other text: on average over the first text's, and the least of
    both.
    """

    mean: float
    least: float


def compare_tokens(one: NDArray[np.float32], other: NDArray[np.float32]) -> Cover:
    """`one` and `other` are float32, (n tokens, dimension), unit rows, each as it is read in its place."""
    cosines = one @ other.T
    forth, back = cosines.max(axis=1), cosines.max(axis=0)
    return Cover(float(forth.mean()), float(min(forth.min(), back.min())))
