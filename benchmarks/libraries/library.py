"""What a round trip needs of a library."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

NAMES = ("snntorch", "spikingjelly", "norse")  # packages; the adapter is `<package>_nets.py`
REAL = "weights and thresholds are rounded"
LINE = (8,)  # shape of the input of the networks that are built here
PICTURE = (2, 6, 6)
# No sum of integers, halved a few times, is equal to a threshold of 37 and this; registers hold it.
ABOVE = 1 / 128
Shape = tuple[int, ...]
Neurons = Callable[[Shape], nn.Module]  # given the shape of the layer
Fill = Callable[[nn.Module, int], nn.Module]  # given a seed


@dataclass(frozen=True)
class Built:
    """A network made of the library's own layers."""

    case: str
    make: Callable[[], nn.Module]  # the same network every time, in its first state
    write: Callable[[nn.Module, Path, Shape], None]  # the library's own export
    shape: Shape = LINE  # of the input in one step
    known: str = ""  # why it plays something else than it writes, or is refused; "": it must not
    cut: str = ""  # why registers cannot hold its numbers; "": they do
    dt: float | None = None  # --dt of our import


@dataclass(frozen=True)
class Library:
    """How to read, write and play with one library."""

    name: str
    read: Callable[[Path], nn.Module]  # its own import
    built: Callable[[], Iterable[Built]]
    neurons: tuple[type[nn.Module], ...]  # what spikes in the networks of `built`
    known: dict[str, str]  # case of ours -> why the library plays it otherwise, or refuses it


def installed(package: str) -> bool:
    """Whether a library and what its import of NIR needs are there."""
    return all(find_spec(name) is not None for name in (package, "nirtorch", "torch"))


def load(package: str) -> Library:
    """The adapter of an installed library."""
    with quiet():
        library: Library = import_module(f"benchmarks.libraries.{package}_nets").LIBRARY
    return library


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back what libraries print and warn of."""
    with warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")
        yield


def versions() -> dict[str, str]:
    """Versions of everything that takes part and is installed."""
    packages = (*NAMES, "nirtorch", "nir", "torch")
    return {name: version(name) for name in packages if find_spec(name) is not None}


def chain(
    neurons: Neurons, fill: Fill, bias: bool = True, container: type[nn.Module] = nn.Sequential
) -> Callable[[], nn.Module]:
    """Two layers of neurons behind linear ones."""

    def make() -> nn.Module:
        first, second = nn.Linear(8, 12, bias=bias), nn.Linear(12, 6, bias=bias)
        return container(fill(first, 0), neurons((12,)), fill(second, 1), neurons((6,)))

    return make


class Skip(nn.Module):
    """Three layers, of which the last hears the first, too; keeps the states of its neurons."""

    def __init__(self, neurons: Neurons) -> None:
        super().__init__()
        self.one, self.two = whole(nn.Linear(8, 12), 0), whole(nn.Linear(12, 12), 1)
        self.three, self.over = whole(nn.Linear(12, 6), 2), whole(nn.Linear(12, 6), 3)
        self.a, self.b, self.c = neurons((12,)), neurons((12,)), neurons((6,))
        self.held: dict[nn.Module, Any] = {}

    def forward(self, given: Tensor) -> Tensor:
        """Spikes of the last layer."""
        first = self._fire(self.a, self.one(given))
        second = self._fire(self.b, self.two(first))
        return self._fire(self.c, self.three(second) + self.over(first))

    def _fire(self, neurons: nn.Module, drive: Tensor) -> Tensor:
        found = neurons(drive, self.held[neurons]) if neurons in self.held else neurons(drive)
        if isinstance(found, tuple):
            found, self.held[neurons] = found
        return found


def whole(layer: nn.Module, seed: int) -> nn.Module:
    """Give a layer small integer weights and biases."""
    drawn = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for values in layer.parameters():
            values.copy_(torch.randint(-20, 25, values.shape, generator=drawn))
    return layer


def real(layer: nn.Module, seed: int) -> nn.Module:
    """Give a layer real weights, most of which fire something."""
    drawn = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for values in layer.parameters():
            values.copy_(torch.randn(values.shape, generator=drawn) * 0.3 + 0.1)
    return layer
