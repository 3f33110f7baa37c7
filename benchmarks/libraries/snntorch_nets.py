"""snnTorch: its reader, and networks of every neuron that its writer knows.

Sources: snnTorch 1.0.0 `import_nir.py`, `export_nir.py` (every file resets to 0 at once, whatever
the neuron does), `_neurons/`.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import nir
import snntorch as snn
import torch
from snntorch.export_nir import export_to_nir
from snntorch.import_nir import import_from_nir
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

AT_ONCE = {"reset_mechanism": "zero", "reset_delay": False, "init_hidden": True}
LATE = AT_ONCE | {"reset_delay": True}
DEFAULT = LATE | {"reset_mechanism": "subtract"}


def read(path: Path) -> nn.Module:
    """The library's own import."""
    net: nn.Module = import_from_nir(nir.read(path))
    return net


def write(net: nn.Module, path: Path, shape: Shape) -> None:
    """The library's own export, without the batch."""
    nir.write(path, export_to_nir(net, torch.zeros(1, *shape), ignore_dims=[0]))


def neurons(
    shape: Shape,
    kind: type[nn.Module] = snn.Leaky,
    beta: float = 0.5,
    threshold: float = 37 + ABOVE,
    **options: object,
) -> nn.Module:
    """Neurons with a value each, as the writer wants them."""
    values = {"beta": torch.full(shape, beta), "threshold": torch.full(shape, threshold)}
    return kind(**values, **(AT_ONCE | options))


def synaptic(shape: Shape) -> nn.Module:
    """Neurons with a synaptic current."""
    return neurons(shape, snn.Synaptic, alpha=torch.full(shape, 0.5))


def recurrent(kind: type[nn.Module], **options: object) -> nn.Module:
    """A recurrent layer, then one that is not."""
    loop = neurons((12,), kind, **options)
    whole(loop.recurrent, 4)
    return nn.Sequential(
        whole(nn.Linear(8, 12), 0), loop, whole(nn.Linear(12, 6), 1), neurons((6,))
    )


def pictures() -> nn.Module:
    """A convolution and a pool."""
    return nn.Sequential(
        whole(nn.Conv2d(2, 3, 3, padding=1), 0),
        neurons((3, 6, 6)),
        nn.AvgPool2d(2),
        nn.Flatten(),
        whole(nn.Linear(27, 6), 1),
        neurons((6,)),
    )


def built() -> Iterator[Built]:
    """What it plays as it writes, then what it does not."""
    case = partial(Built, write=write)
    yield case("Leaky", chain(neurons, whole))
    yield case("Leaky, reset_delay", chain(partial(neurons, **LATE), whole))
    yield case("Synaptic", chain(synaptic, whole))
    yield case("RLeaky, all to all", partial(recurrent, snn.RLeaky, linear_features=12))
    one = {"all_to_all": False, "V": torch.full((12,), 9.0)}
    yield case("RLeaky, one to one", partial(recurrent, snn.RLeaky, **one))
    double = partial(recurrent, snn.RSynaptic, linear_features=12, alpha=torch.full((12,), 0.5))
    yield case("Conv2d, Leaky, AvgPool2d", pictures, shape=PICTURE)
    weak = partial(neurons, beta=0.9, threshold=1.0)
    yield case("Leaky, real weights, beta = 0.9", chain(weak, real), cut=REAL)
    known = "takes the threshold off, its file resets to 0"
    yield case(
        "Leaky, subtract (its default)", chain(partial(neurons, **DEFAULT), whole), known=known
    )
    scalar = partial(snn.Leaky, 0.5, threshold=37.0, **AT_ONCE)
    known = "the writer wants a beta per neuron"
    yield case("Leaky, one beta", chain(lambda _: scalar(), whole), known=known)
    known = "its neurons miss the input of the step after a spike, those of its file do not"
    yield case("RSynaptic (reset_delay)", partial(double, **LATE), known=known)
    yield case("RSynaptic, reset_delay=False", double, known="the neuron itself fails")
    yield case("skip", partial(Skip, neurons), known="the writer loses sums of tensors")


LIBRARY = Library(
    "snnTorch",
    read,
    built,
    (snn.Leaky, snn.Synaptic, snn.RLeaky, snn.RSynaptic),
    known={},
)
