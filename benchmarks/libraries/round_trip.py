"""Plays a case on both sides and counts the spikes that differ."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.libraries.library import Built, Library, Shape, quiet
from benchmarks.libraries.ours import Ours
from export import Choices, import_file
from export.nir import to_nir
from export.nir.fold import read_model
from export.quantize import rows_to_play, simulate
from export.quantize.schedule import schedule
from realsam.arrays import Spikes
from realsam.errors import RealSamError
from realsam.ir import Network, Replay
from sim.simulator import run

_RATE = 0.3  # of the input of the libraries' networks
_NAME = "network.nir"
_LONGEST = 160  # characters of a message
Played = dict[str, Spikes]  # [T, N] of every spiking population


@dataclass(frozen=True)
class Row:
    """What came of a case."""

    library: str
    direction: str  # "out" or "in"
    case: str
    known: str  # why it must differ from the file, or is refused; "": it must not
    cut: str  # why our integers must differ from the file; "": they must not
    refused: str = ""  # one line: by whom, why
    neurons: int = 0  # that can spike
    steps: int = 0
    spikes: int = 0  # of the library
    off_file: int = 0  # neurons and steps in which the library differs from the file in float64
    off_ours: int = 0  # ... and from our integers
    equal_steps: int = 0  # before the first of these
    rounding: float = 0.0  # the largest of a register, relative

    @property
    def surprise(self) -> bool:
        """Whether it is otherwise than the case says."""
        wrong = bool(self.refused or self.off_file)
        return wrong != bool(self.known) or (self.off_ours > 0 and not (wrong or self.cut))


def out(library: Library, case: Ours) -> Row:
    """The library reads our portable file and plays it."""
    known = library.known.get(case.case, "")
    about = Row(library.name, "out", case.case, known, case.cut)
    try:
        with _file() as path:
            to_nir(case.network, path, "portable")
            model = read_model(path)
            meant = simulate(model, schedule(model), case.rows).spikes
            theirs = play(library.read(path), case.rows, meant, case.rows.shape[1:])
    except Exception as error:  # whatever a library raises is its answer
        return refused(about, error)
    return counted(about, theirs, meant, integers(case.network, case.rows, meant))


def back(library: Library, built: Built, steps: int, seed: int) -> Row:
    """We read the file that the library writes of its own network, and play it."""
    about = Row(library.name, "in", built.case, built.known, built.cut)
    n_lines = int(np.prod(built.shape))
    rows = (np.random.default_rng(seed).random((steps, n_lines)) < _RATE).astype(np.uint8)
    try:
        with _file() as path:
            built.write(built.make(), path, built.shape)
            found = import_file(path, Choices(built.dt, above=0.0))
        assert found.quantized is not None
        model, clock = found.quantized.model, found.quantized.schedule
        meant = simulate(model, clock, rows).spikes
        net = built.make()
        neurons = [name for name, part in net.named_modules() if isinstance(part, library.neurons)]
        names = {name: _module(name) for name in meant}
        if lost := sorted(set(neurons) - set(names.values())):
            raise LookupError(f"the file lacks {', '.join(lost)}")
        heard = play(net, rows, names.values(), built.shape)
    except Exception as error:  # whatever a library raises is its answer
        return refused(about, error)
    ours_run = run(found.network, Replay(rows_to_play(found.quantized, rows)))
    ours = {name: ours_run.spikes[name][clock.late(name) :][:steps] for name in meant}
    theirs = {name: heard[module] for name, module in names.items()}
    rounding = max((r.error for r in found.quantized.roundings), default=0.0)
    return counted(about, theirs, meant, ours, rounding)


def play(net: nn.Module, rows: Spikes, names: Iterable[str], shape: Shape) -> Played:
    """Spikes [T, N] of the named modules of a network, one step after another."""
    heard: dict[str, list[Spikes]] = {name: [] for name in names}

    def listen(name: str) -> Any:
        def hear(_: nn.Module, __: Any, output: Tensor | tuple[Tensor, ...]) -> None:
            spikes = output[0] if isinstance(output, tuple) else output
            heard[name].append(spikes.detach().numpy().ravel().astype(np.uint8))

        return hear

    for name in heard:
        net.get_submodule(name).register_forward_hook(listen(name))
    given = torch.from_numpy(rows).float().reshape(len(rows), 1, *shape)
    held = None
    with torch.no_grad():
        for row in given:
            found = net(row) if held is None else net(row, held)
            held = found[1] if isinstance(found, tuple) else None
    return {name: np.stack(spikes) for name, spikes in heard.items()}


def integers(network: Network, rows: Spikes, names: Iterable[str]) -> Played:
    """Our spikes, in the steps of the file."""
    order = list(network.sizes)
    # One step per token: a layer plays a step of the file as late as it is deep.
    late = {n: order.index(n) if network.steps_per_token == 1 else 0 for n in names}
    silence = np.zeros((max(late.values()), rows.shape[1]), rows.dtype)
    found = run(network, Replay(np.concatenate([rows, silence]))).spikes
    return {name: found[name][late[name] :][: len(rows)] for name in late}


def counted(about: Row, theirs: Played, meant: Played, ours: Played, rounding: float = 0.0) -> Row:
    """The row with its counts."""
    off = np.sum([np.count_nonzero(theirs[n] != s, axis=1) for n, s in ours.items()], axis=0)
    return replace(
        about,
        rounding=rounding,
        neurons=sum(s.shape[1] for s in meant.values()),
        steps=len(off),
        spikes=sum(int(s.sum()) for s in theirs.values()),
        off_file=sum(int(np.count_nonzero(theirs[n] != s)) for n, s in meant.items()),
        off_ours=int(off.sum()),
        equal_steps=int(np.argmax(off > 0)) if off.any() else len(off),
    )


def refused(about: Row, error: Exception) -> Row:
    """The row of a case that somebody refused, in one line."""
    who = "Real Sam" if isinstance(error, RealSamError) else about.library
    text = " ".join(str(error).split()).split(f"{_NAME}: ")[-1] or type(error).__name__
    return replace(about, refused=f"{who}: {text.split('. ')[0][:_LONGEST]}")


def _module(population: str) -> str:
    """The module that a node came from: snnTorch writes `1.lif`, SpikingJelly `_1`."""
    return population.removesuffix(".lif").lstrip("_")


@contextmanager
def _file() -> Iterator[Path]:
    """A place for a file, and silence."""
    with tempfile.TemporaryDirectory() as folder, quiet():
        yield Path(folder) / _NAME
