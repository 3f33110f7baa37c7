"""Files of other programs do what their recordings say, or are refused by the name of a node."""

import numpy as np
import pytest

from export import from_nir, import_file
from realsam.errors import ExportError
from realsam.ir import Replay
from sim import reference
from tests.export.corpus import NIR, needs_corpus, parity, random_spikes, trace

pytestmark = needs_corpus


def test_paper_scaling_gives_the_recording_of_lavas_cpu_model() -> None:
    """From the file alone: every voltage and every spike of 1000 steps."""
    network = from_nir(NIR / "lif_norse.nir", scaling="nir-paper")
    expected = trace("lif_lava_cpu_fixed.csv")

    run = reference.run(network, Replay(expected[:, :1].astype(np.uint8)))

    assert np.array_equal(expected[:, 1:2], run.voltage)
    assert np.array_equal(expected[:, 2:], run.spikes[network.readout])


def test_paper_scaling_spikes_with_loihi_2() -> None:
    """The chip's own recording: every spike."""
    network = from_nir(NIR / "lif_norse.nir", scaling="nir-paper")
    expected = trace("lif_lava_loihi_fixed.csv")

    run = reference.run(network, Replay(expected[:, :1].astype(np.uint8)))

    assert np.array_equal(expected[:, 2:], run.spikes[network.readout])


def test_paper_scaling_gives_the_papers_registers() -> None:
    """Dv 163, weight 10, threshold 25."""
    network = from_nir(NIR / "lif_norse.nir", scaling="nir-paper")

    lif, projection = network.populations[0], network.projections[0]
    assert (lif.du.tolist(), lif.dv.tolist(), lif.vth.tolist()) == ([4095], [163], [25])
    assert (projection.weight.tolist(), projection.weight_exp) == ([[10]], 0)


@pytest.mark.parametrize("name", ["norse", "snntorch"])
def test_best_scaling_spikes_with_the_float_simulators(name: str) -> None:
    """The paper's scale is one step late on each spike; the best one is not late at all."""
    expected = trace(f"lif_{name}.csv")

    found = parity(NIR / "lif_norse.nir", expected[:, :1].astype(np.uint8))

    assert found.n_total == 0
    assert found.n_spikes_fixed == {"1": int(expected[:, 2].sum())} == {"1": 4}


def test_leak_toward_a_voltage_spikes_without_input() -> None:
    """v_leak = 1.2 lifts the first neuron above its threshold of 1, again and again."""
    found = parity(NIR / "two_lif_neurons.nir", np.zeros((600, 1), np.uint8))

    assert found.n_total == 0
    assert found.n_spikes["lif1"] == 3


@pytest.mark.parametrize("name", ["braille_noDelay_bias_zero", "braille_nirtorch"])
def test_recurrent_current_neurons(name: str) -> None:
    """Both layers, the loop and the biases; a neuron near its threshold may tip."""
    found = parity(NIR / f"{name}.nir", random_spikes(12))

    assert sorted(found.n_spikes) == ["lif1.lif", "lif2"]
    assert found.n_mismatches["lif1.lif"] < 0.006 * found.n_events["lif1.lif"]
    assert min(found.n_spikes.values()) > 10


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lif_rockpool", "output: Output of shape [1, 1, 1] gets [1]"),
        (
            "braille_noDelay_bias_zero_subgraph",
            "lif1: the edge 'input' -> 'lif' leads to no node: there is no 'lif'",
        ),
    ],
)
def test_wrong_files_name_the_node(name: str, expected: str) -> None:
    """The file, the node, and what is wrong with it."""
    path = NIR / f"{name}.nir"

    with pytest.raises(ExportError) as raised:
        import_file(path)

    assert raised.value.message == f"{path}: {expected}"
