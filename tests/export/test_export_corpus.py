"""Networks of other programs go out again as they came in."""

from pathlib import Path

import nir
import pytest

from export.imported import import_file
from export.netx import from_netx, reasons, to_netx
from export.nir import from_nir, to_graph, to_nir
from tests.export.corpus import NETX, NIR, needs_corpus

pytestmark = needs_corpus
FILES = (
    NIR / "lif_norse.nir",
    NIR / "two_lif_neurons.nir",
    NIR / "braille_noDelay_bias_zero.nir",
    NETX / "tiny.net",
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_import_comes_back_from_nir_and_from_netx(path: Path, tmp_path: Path) -> None:
    """Every register that the import gave it."""
    network = import_file(path).network

    to_nir(network, tmp_path / "n.nir", "spec")
    to_netx(network, tmp_path / "n.net")

    assert from_nir(tmp_path / "n.nir") == network == from_netx(tmp_path / "n.net")


def test_a_portable_file_has_the_graph_of_the_import() -> None:
    """The neuron that is always on is the bias of the first edge again."""
    network = import_file(NIR / "two_lif_neurons.nir").network

    graph = to_graph(network)

    assert "always_on" in network.sizes
    assert graph.edges == [
        ("in", "in_to_lif1"),
        ("in_to_lif1", "lif1"),
        ("lif1", "lif1_to_lif2"),
        ("lif1_to_lif2", "lif2"),
        ("lif2", "output"),
    ]
    assert isinstance(graph.nodes["in_to_lif1"], nir.Affine)


def test_layers_of_lava_dl_stay_plain() -> None:
    """But for the first, whose biases became graded input, and the convolution, a list."""
    found = reasons(import_file(NETX / "tiny.net").network)

    assert {name: bool(why) for name, why in found.items()} == {
        "layer1": True,
        "layer2": True,
        "layer3": False,
    }
