"""The smallest model that is worth playing, and streams of its text."""

from functools import cache

import numpy as np

from benchmarks.energy.streams import REFERENCE, SIM, Played, truth, windows
from realsam.ir import Host, Network
from realsam.lower import lower
from tests import tiny

T, B = 6, 5


@cache
def model() -> tuple[Network, Host]:
    """Two recurrent layers whose code has no even number of lines."""
    return lower(tiny.model(), end_of_text=0)


@cache
def text() -> np.ndarray:
    """Streams [T, B]."""
    return windows(*model(), SIM, T, B, seed=0)


@cache
def expected() -> Played:
    """What the reference makes of them."""
    return truth(*model(), text(), REFERENCE, jobs=1)
