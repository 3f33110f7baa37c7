"""Norse: its reader, and networks of every neuron that its writer knows.

Sources: Norse 1.1.0 `torch/utils/import_nir.py`, `export_nir.py` (multiplies time constants by dt,
https://github.com/norse/norse/issues/411), `torch/functional/lif.py`; nirtorch 2.6
`graph_utils.py` (a reader that plays nodes depth first, each where it is met first).
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import nir
import torch
from norse.torch import (
    IAFCell,
    IAFParameters,
    LIFBoxCell,
    LIFBoxParameters,
    LIFCell,
    LIFParameters,
    LIFRecurrentCell,
    SequentialState,
    from_nir,
)
from norse.torch.utils.export_nir import to_nir
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
from benchmarks.libraries.ours import SKIPS
from export.nir.neuron import DT

STEP = 1e-3  # s: the default of its neurons, and of its writer
TAU = 2 * STEP  # of every membrane here: voltages halve
HALF = (37 + ABOVE) / 2  # its membranes take in half of the input, too


def read(path: Path) -> nn.Module:
    """The library's own import."""
    net: nn.Module = from_nir(nir.read(path), dt=DT)
    return net


def write(net: nn.Module, path: Path, shape: Shape, dt: float = 1.0, infer: bool = False) -> None:
    """The library's own export; with dt = 1 its time constants are right, in seconds."""
    graph = to_nir(net, torch.zeros(shape), dt=dt)
    if infer:
        graph.infer_types()
    nir.write(path, graph)


def box(shape: Shape, tau: float = TAU, threshold: float = HALF) -> nn.Module:
    """Neurons without synaptic current."""
    inverse, zero = torch.full(shape, 1 / tau), torch.zeros(shape)
    return LIFBoxCell(LIFBoxParameters(inverse, zero, torch.full(shape, threshold)))


def lif(shape: Shape, tau_syn: float) -> nn.Module:
    """Neurons with a synaptic current."""
    inverse, zero = torch.full(shape, 1 / TAU), torch.zeros(shape)
    current = torch.full(shape, 1 / tau_syn)
    return LIFCell(LIFParameters(current, inverse, zero, torch.full(shape, HALF)))


def integrate(shape: Shape) -> nn.Module:
    """Neurons without leak."""
    return IAFCell(IAFParameters(torch.full(shape, 36.5)))


def pictures(*between: nn.Module) -> nn.Module:
    """Two convolutions."""
    first, second = nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(3, 2, 3, padding=1)
    return SequentialState(
        whole(first, 0), box((3, 6, 6)), *between, whole(second, 1), box((2, 6, 6))
    )


def recurrent() -> nn.Module:
    """The library's recurrent layer."""
    return SequentialState(whole(nn.Linear(8, 12), 0), whole(LIFRecurrentCell(12, 12), 4))


def built() -> Iterator[Built]:
    """What it plays as it writes, then what it does not."""
    case = partial(Built, write=write, dt=STEP)
    two = partial(chain, fill=whole, container=SequentialState)
    yield case("LIFBoxCell, written with dt = 1", two(box))
    multiplied = partial(write, dt=STEP)
    yield case("LIFBoxCell, imported with --dt 1e-6", two(box), write=multiplied, dt=STEP * STEP)
    yield case("LIFCell, tau_syn = dt", two(partial(lif, tau_syn=STEP)))
    yield case("IAFCell", two(integrate), dt=None)
    inferred = partial(write, infer=True)
    yield case("Conv2d, LIFBoxCell, types inferred", pictures, write=inferred, shape=PICTURE)
    weak = chain(partial(box, tau=10 * STEP, threshold=0.1), real, container=SequentialState)
    yield case("LIFBoxCell, real weights, tau = 10 dt", weak, cut=REAL)
    known = "the writer multiplies time constants by dt (norse#411)"
    yield case("LIFBoxCell, written as it comes", two(box), write=multiplied, known=known)
    known = "its input jumps in full, its file lacks w_in = tau_syn / dt"
    yield case("LIFCell, tau_syn = 2 dt", two(partial(lif, tau_syn=2 * STEP)), known=known)
    known = "the writer leaves the shape of its input out"
    yield case("Conv2d, LIFBoxCell, written as it comes", pictures, shape=PICTURE, known=known)
    known = "the writer leaves out what it does not know"
    yield case("Conv2d, AvgPool2d", partial(pictures, nn.AvgPool2d(1)), shape=PICTURE, known=known)
    yield case("LIFRecurrentCell", recurrent, known=known)
    yield case("skip", partial(Skip, box), known="the writer loses sums of tensors")


LIBRARY = Library(
    "Norse",
    read,
    built,
    (LIFBoxCell, LIFCell, IAFCell, LIFRecurrentCell),
    known=dict.fromkeys(SKIPS, "the reader plays a node behind a skip a step late"),
)
