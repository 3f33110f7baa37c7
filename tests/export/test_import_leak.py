"""Neurons with a current that leak toward another voltage than their reset's."""

from pathlib import Path

import nir
import numpy as np
import pytest

from export import import_file
from realsam.ir import Reset
from realsam.limits import RESET_INTERVAL_MAX
from tests.export.corpus import parity
from tests.export.foreign_nir import DT, chain, integers, lif, written


def leaky(depth: int, leak: float, tau_syn: float = 8 * DT, threshold: float = 40) -> nir.NIRGraph:
    """Neurons that many populations behind the input."""
    ones = np.ones(4)
    before = {}
    for k in range(1, depth):
        before |= {f"w{k}": nir.Linear(integers(4, 4 if k > 1 else 3, k)), f"b{k}": lif(4)}
    return chain(
        input=nir.Input(np.array([3])),
        **before,
        w=nir.Linear(integers(4, 4 if depth > 1 else 3)),
        a=nir.CubaLIF(
            tau_syn=ones * tau_syn,
            tau_mem=ones * 32 * DT,
            r=ones * 32,
            v_leak=leak + np.array([0.0, 3, 5, 5]),
            v_threshold=ones * threshold,
            v_reset=ones * 5,
        ),
        output=nir.Output(np.array([4])),
    )


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize(("leak", "spikes"), [(160, True), (-100, False), (20, False)])
def test_leak_acts_from_the_first_step_on(
    depth: int, leak: float, spikes: bool, tmp_path: Path
) -> None:
    """Neither with the current's delay nor before the population begins, however deep it is."""
    found = parity(written(leaky(depth, leak), tmp_path), np.zeros((150, 3), np.uint8))

    assert found.n_total == 0
    assert (found.n_spikes["a"] > 10) == spikes
    assert found.voltage_rms < 2e-3 * found.voltage_range
    assert found.full["a"] < 1


def test_leak_adds_to_the_input(tmp_path: Path) -> None:
    """A neuron in a thousand steps may tip."""
    found = parity(written(leaky(3, 30), tmp_path))

    assert found.n_total < 0.01 * found.n_events["a"]
    assert found.n_spikes["a"] > 10


def test_population_begins_with_its_first_input(tmp_path: Path) -> None:
    """A reset takes off what the bias register did before; no neuron is added."""
    network = import_file(written(leaky(3, 20), tmp_path)).network

    assert list(network.sizes) == ["input", "b1", "b2", "a"]
    assert network.population("a").reset == Reset(RESET_INTERVAL_MAX, 3)
    assert network.population("b2").reset is None


def test_current_without_memory_takes_the_other_way(tmp_path: Path) -> None:
    """Its biases may pass through it; so too where a token takes several steps."""
    path = written(leaky(2, 160, tau_syn=DT), tmp_path)

    assert "always_on" in import_file(path).network.sizes
    assert parity(path, np.zeros((150, 3), np.uint8)).n_total == 0
    assert parity(path, np.zeros((90, 3), np.uint8), steps_per_token=3).n_spikes_fixed["a"] > 5
