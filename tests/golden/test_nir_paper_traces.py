"""One neuron as Lava's CPU model and a Loihi 2 chip recorded it for the NIR paper.

Source: Pedersen et al. 2024, Nature Communications 15, 8122; its repository, `paper/01_lif`
(BSD-3). The traces are not part of this repository: one row per step, `input,voltage,spike`.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from lava_runtime import backend
from realsam.arrays import F64
from realsam.ir import Input, Lif, Network, Projection, Replay, Run
from sim import reference

TRACES = Path(__file__).parents[2] / ".." / "shared" / "corpus" / "nir"
needs_traces = pytest.mark.skipif(not TRACES.exists(), reason=f"{TRACES} is not here")
needs_lava = pytest.mark.skipif(find_spec("lava") is None, reason="Lava is not installed")
# tau 2.5 ms at steps of 0.1 ms: dv = trunc(4096 / 25); the weight and the threshold are << 6.
DU, DV, BIAS, VTH = np.array([[4095], [163], [0], [25]])
NEURON = Network(
    Input("in", 1),
    (Lif("lif", DU, DV, BIAS, VTH),),
    (Projection("lif", ("in",), np.array([[10]], np.int16), np.array([0])),),
    readout="lif",
)


def trace(name: str) -> F64:
    """[steps, 3] input, voltage and spike."""
    return np.loadtxt(TRACES / name, delimiter=",")


def replay(name: str) -> Replay:
    """The recorded input."""
    return Replay(trace(name)[:, :1].astype(np.uint8))


@needs_traces
def test_reference_equals_lava_cpu() -> None:
    """Voltages and spikes of all steps equal the recording of Lava's CPU model."""
    assert_equals_cpu_trace(reference.run(NEURON, replay("lif_lava_cpu_fixed.csv")))


@needs_traces
def test_reference_spikes_with_loihi2() -> None:
    """Every spike equals the recording of a Loihi 2 chip."""
    run = reference.run(NEURON, replay("lif_lava_loihi_fixed.csv"))

    assert np.array_equal(trace("lif_lava_loihi_fixed.csv")[:, 2:], run.spikes["lif"])


@needs_traces
@needs_lava
@pytest.mark.lava
def test_graph_equals_lava_cpu() -> None:
    """The Lava graph gives the recording too."""
    assert_equals_cpu_trace(backend.run(NEURON, replay("lif_lava_cpu_fixed.csv"), "graph"))


def assert_equals_cpu_trace(run: Run) -> None:
    """Compare voltages and spikes with the recording of Lava's CPU model."""
    expected = trace("lif_lava_cpu_fixed.csv")

    assert np.array_equal(expected[:, 1:2], run.voltage)
    assert np.array_equal(expected[:, 2:], run.spikes["lif"])
