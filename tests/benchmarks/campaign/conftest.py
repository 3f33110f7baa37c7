"""What several of these tests need."""

import numpy as np
import pytest

from benchmarks.campaign.case import Case
from realsam.arrays import I64, U8
from realsam.ir import to_network
from sim.token_engine import TokenEngine
from tests import strategies, tiny


@pytest.fixture
def case() -> Case:
    """The tiny token clock with some input."""
    network = to_network(tiny.clock())
    spikes = strategies.input_spikes(np.random.default_rng(0), network, 12)
    return Case("a/case", network, spikes)


@pytest.fixture
def broken_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token engine whose first readout is one too high where more than one line is on."""
    right = TokenEngine.token

    def token(self: TokenEngine, spikes: U8) -> tuple[U8, I64]:
        fired, voltage = right(self, spikes)
        return fired, voltage + (np.arange(voltage.size) == 0) * bool(spikes.sum() > 1)

    monkeypatch.setattr(TokenEngine, "token", token)
