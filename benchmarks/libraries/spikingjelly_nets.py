"""SpikingJelly: its reader, and networks of every neuron that its writer knows.

Sources: SpikingJelly 2.0.0 `activation_based/nir_exchange/` (one value per layer; a spike at the
threshold, where NIR wants more).
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch
from loguru import logger
from spikingjelly.activation_based import layer, neuron
from spikingjelly.activation_based.nir_exchange import export_to_nir, import_from_nir
from torch import nn

from benchmarks.libraries.library import (
    ABOVE,
    PICTURE,
    REAL,
    Built,
    Library,
    Shape,
    Skip,
    chain,
    real,
    whole,
)
from benchmarks.libraries.ours import PER_NEURON, SHIPPED, TIE

AT = "spikes at the threshold, its file above"
UNIFORM = "it reads one decay per layer"


def read(path: Path) -> nn.Module:
    """The library's own import."""
    logger.disable("spikingjelly")
    net: nn.Module = import_from_nir(path)
    return net


def write(net: nn.Module, path: Path, shape: Shape) -> None:
    """The library's own export."""
    logger.disable("spikingjelly")
    export_to_nir(net, torch.zeros(1, *shape), path)


def neurons(
    _: Shape = (), kind: type[nn.Module] = neuron.LIFNode, **options: float | bool | None
) -> nn.Module:
    """Neurons that reset to 0, unless options say otherwise."""
    return kind(**{"v_threshold": 37 + ABOVE, "v_reset": 0.0} | options)


def lif(_: Shape = (), **options: float | bool | None) -> nn.Module:
    """Neurons whose voltage halves, and whose input counts in full."""
    return neurons(tau=2.0, **{"decay_input": False} | options)


def pictures() -> nn.Module:
    """A convolution and a pool."""
    return nn.Sequential(
        whole(layer.Conv2d(2, 3, 3, padding=1), 0),
        lif(),
        layer.AvgPool2d(2),
        layer.Flatten(),
        whole(layer.Linear(27, 6), 1),
        lif(),
    )


def recurrent() -> nn.Module:
    """The library's way to close a loop."""
    loop = layer.LinearRecurrentContainer(lif(), 12, 12)
    return nn.Sequential(whole(nn.Linear(8, 12), 0), whole(loop, 4))


def built() -> Iterator[Built]:
    """What it plays as it writes, then what it does not."""
    case = partial(Built, write=write)
    whole_if = partial(neurons, kind=neuron.IFNode, v_threshold=36.5)
    parametric = partial(neurons, kind=neuron.ParametricLIFNode, init_tau=2.0, decay_input=False)
    current = partial(neurons, kind=neuron.CUBALIFNode, c_decay=0.5, v_decay=0.5)
    yield case("IFNode", chain(whole_if, whole))
    yield case("LIFNode", chain(lif, whole))
    halved = partial(lif, decay_input=True, v_threshold=(37 + ABOVE) / 2)
    yield case("LIFNode, decay_input", chain(halved, whole))
    yield case("LIFNode, v_reset = 5", chain(partial(lif, v_reset=5.0), whole))
    yield case("ParametricLIFNode", chain(parametric, whole))
    yield case("CUBALIFNode", chain(current, whole))
    yield case("Conv2d, LIFNode, AvgPool2d", pictures, shape=PICTURE)
    yield case("skip", partial(Skip, lif))
    weak = partial(neurons, tau=10.0, v_threshold=0.1)
    yield case("LIFNode, real weights, tau = 10", chain(weak, real), cut=REAL)
    tie = chain(partial(lif, v_threshold=37.0), whole)
    yield case("LIFNode, voltages at the threshold", tie, known=AT)
    known = "the writer has no reset by subtraction"
    yield case("LIFNode, v_reset = None", chain(partial(lif, v_reset=None), whole), known=known)
    known = "the writer cannot trace loops"
    yield case("LinearRecurrentContainer", recurrent, known=known)


LIBRARY = Library(
    "SpikingJelly",
    read,
    built,
    (neuron.BaseNode,),
    known={PER_NEURON: UNIFORM, SHIPPED: UNIFORM, TIE: AT},
)
