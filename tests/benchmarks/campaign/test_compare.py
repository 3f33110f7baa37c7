"""The simulator equals the reference on hundreds of networks drawn edges first."""

import numpy as np
import pytest
from hypothesis import given, settings

from benchmarks.campaign.case import Case
from benchmarks.campaign.compare import compare, parted
from benchmarks.campaign.pool import Findings, search
from benchmarks.campaign.watch import CLOCKED, REQUIRED
from realsam.ir import Replay
from sim import reference
from sim.jit import jit
from sim.step_engine import StepEngine
from tests import strategies

NETWORKS = 200


@pytest.fixture(scope="module")
def findings() -> Findings:
    """The first cases of the campaign that `make fuzz` goes on with."""
    return search(compare, 0, range(NETWORKS), jobs=1)


def test_no_case_differs(findings: Findings) -> None:
    """Spikes, voltages, registers, strict errors."""
    assert findings.differences == {}
    assert findings.totals["networks"] == NETWORKS


def test_every_edge_is_met(findings: Findings) -> None:
    """Wraps, clips, delays of 62, overflows: on both engines what applies to both."""
    required = [*REQUIRED, *(f"in token clocks: {name}" for name in CLOCKED)]

    assert [name for name in required if not findings.totals[name]] == []


def test_both_engines_are_at_work(findings: Findings) -> None:
    """Half of the networks each."""
    assert findings.totals["networks on TokenEngine"] >= NETWORKS // 2
    assert findings.totals["networks on StepEngine"] >= NETWORKS // 3


@settings(max_examples=100)
@given(case=strategies.cases())
def test_simulator_equals_reference(case: Case) -> None:
    """Other networks in every run of the tests."""
    assert compare(case).difference is None


def test_wrong_voltage_is_found(case: Case, broken_simulator: None) -> None:
    """The first token, population and neuron, with both values."""
    found = compare(case).difference

    assert found is not None
    assert found.startswith("engine: token ")
    assert "readout[0]: voltage" in found


def test_wrong_register_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although no spike and no readout shows it yet."""
    network = strategies.network(np.random.default_rng(5))
    case = Case("a/case", network, np.ones((1, network.input.size), np.uint8))
    right = StepEngine.token

    def token(self: StepEngine, spikes: np.ndarray) -> object:
        result = right(self, spikes)
        self.state["p0"][1][0] += 1
        return result

    monkeypatch.setattr(StepEngine, "token", token)

    assert "token 0, p0[0]: v" in str(compare(case).difference)


def test_crash_is_a_difference(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that the reference does not raise."""

    def crash(*_: object) -> None:
        raise IndexError("out of bounds")

    monkeypatch.setattr("sim.simulator.TokenEngine.token", crash)

    assert compare(case).difference == "sim raises IndexError: out of bounds"


def test_missing_or_other_error_is_a_difference(case: Case) -> None:
    """A run against a text, and two texts."""
    run = reference.run(case.network, Replay(case.spikes))

    assert parted(run, run, "readout", "strict") is None
    assert parted("a[0] overflows", "a[0] overflows", "readout", "strict") is None
    assert "'b'" in str(parted("a", "b", "readout", "strict"))
    assert "reference raises nothing" in str(parted("a", run, "readout", "strict"))


def test_kernels_are_compiled_here() -> None:
    """Without the compiler this campaign would not test what runs."""
    assert hasattr(jit(lambda x: x), "py_func")
