"""Lava's CPU models against the simulator, a short campaign."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.campaign.case import Case
from benchmarks.campaign.draw import draw
from benchmarks.campaign.lava import compare_lava
from lava_runtime import backend
from lava_runtime.compat import load_lava
from realsam.errors import BackendFailedError, BackendUnavailableError, NetworkError
from realsam.ir import Input, Network, Projection, Run
from tests import tiny

pytestmark = pytest.mark.lava


@pytest.fixture(autouse=True, scope="module")
def lava() -> str:
    """Version of lava-nc."""
    try:
        return load_lava()
    except BackendUnavailableError as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("index", range(6))
def test_lava_equals_the_simulator(index: int) -> None:
    """Fused and as a graph, in strict mode too where a current overflows."""
    outcome = compare_lava(draw(0, index))

    assert outcome.difference is None
    assert outcome.counts["runs on lava-fused"] == outcome.counts["runs on lava-graph"] == 1
    overflows = outcome.counts["overflow errors in strict mode"]
    assert outcome.counts["strict runs on lava-graph"] == overflows


def test_document_ends_before_lavas_integers_do() -> None:
    """A current of 2**30 ends the case; the tokens before it are compared."""
    lines = 1032
    weight = np.full((1, lines), 254)
    into = Projection("a", ("in",), weight, np.zeros(lines, np.int64), 7)
    network = Network(Input("in", lines), (tiny.lif("a", 1),), (into,), "a")
    spikes = np.zeros((9, lines), np.uint8)
    spikes[4] = 1

    outcome = compare_lava(Case("a/case", network, spikes))

    assert outcome.difference is None
    assert outcome.counts["tokens"] == 5
    assert outcome.counts["networks cut short at 32 bits"] == 1


def altered(run: Run) -> Run:
    """A run with one readout voltage one higher."""
    voltage = run.voltage.copy()
    voltage[-1, 0] += 1
    return replace(run, voltage=voltage)


def test_difference_names_the_backend(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the value of both."""
    right = backend.run

    def wrong(network: Network, driver: object, mode: str) -> Run:
        run = right(network, driver, mode)
        return altered(run) if mode == "graph" else run

    monkeypatch.setattr(backend, "run", wrong)

    assert "lava-graph: token 11, readout[0]: voltage" in str(compare_lava(case).difference)


def test_refusals_are_counted_and_failures_are_differences(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A named refusal of the network is no difference; a dying process is one."""

    def refuse(network: Network, driver: object, mode: str) -> Run:
        if mode == "fused":
            raise NetworkError("too odd")
        raise BackendFailedError("Lava: process 3 died")

    monkeypatch.setattr(backend, "run", refuse)

    outcome = compare_lava(case)

    assert outcome.counts["refused by lava-fused: NetworkError"] == 1
    assert outcome.difference == "lava-graph fails: Lava: process 3 died"
