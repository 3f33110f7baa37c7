"""Loops and delays: neither the names of nodes nor the place of a cut change what is played."""

from itertools import pairwise
from pathlib import Path

import nir
import numpy as np
import pytest

from export import import_file
from realsam.errors import ExportError
from realsam.ir import Replay
from sim import reference
from tests.export.foreign_nir import DT, graph, lif, small, written

ONE = np.ones((1, 1))


def relay() -> nir.LIF:
    """A neuron that fires when it is hit and forgets at once."""
    return lif(1, tau=DT, threshold=37)


def ring(delay: float, middle: str, read: str) -> nir.NIRGraph:
    """Two neurons that hit each other in turn, the way back through a Delay in seconds."""
    nodes = {
        "i": nir.Input(np.array([1])),
        "enter": nir.Linear(60 * ONE),
        "a": relay(),
        middle: nir.Linear(60 * ONE),
        "b": relay(),
        "back": nir.Linear(60 * ONE),
        "late": nir.Delay(np.array([delay])),
        "o": nir.Output(np.array([1])),
    }
    way = ["i", "enter", "a", middle, "b", "back", "late", "a"]
    return graph(nodes, [*pairwise(way), (read, "o")])


def spikes(path: Path, read: str) -> list[int]:
    """Rows in which a neuron fires after one spike of the input."""
    network = import_file(path).network
    rows = np.zeros((13, 1), np.uint8)
    rows[0] = 1
    return np.flatnonzero(reference.run(network, Replay(rows)).spikes[read][:, 0]).tolist()


@pytest.mark.parametrize("read", ["a", "b"])
@pytest.mark.parametrize("steps", [2, 3, 5])
def test_period_of_a_loop_is_its_delay(tmp_path: Path, read: str, steps: int) -> None:
    """Wherever it is read: no step is added to a loop that is late anyway."""
    path = written(ring(steps * DT, "between", read), tmp_path)

    found = spikes(path, read)

    assert len(found) > 1
    assert set(np.diff(found).tolist()) == {steps}


@pytest.mark.parametrize("middle", ["aa", "zz"])
def test_names_do_not_decide_what_is_a_loop(tmp_path: Path, middle: str) -> None:
    """A weight matrix whose name comes before or after that of its neurons."""
    path = written(ring(2 * DT, middle, "b"), tmp_path)

    assert spikes(path, "b")


def test_long_delay_of_a_loop_is_refused(tmp_path: Path) -> None:
    """It is not cut to what a register holds."""
    path = written(ring(1000 * DT, "between", "b"), tmp_path)

    with pytest.raises(ExportError, match="late: a delay of 1000 steps is longer than 63"):
        import_file(path)


def test_names_that_meet_after_flattening_are_refused(tmp_path: Path) -> None:
    """Node `g.x` beside node `x` of subgraph `g`."""
    inner = {
        "input": nir.Input(np.array([2])),
        "x": nir.Scale(np.ones(2)),
        "output": nir.Output(np.array([2])),
    }
    given = small()
    given.nodes["g"] = graph(inner, [("input", "x"), ("x", "output")])
    given.nodes["g.x"] = nir.Scale(-np.ones(2))
    given.edges = [
        *[edge for edge in given.edges if edge != ("input", "w")],
        ("input", "g"),
        ("input", "g.x"),
        ("g", "w"),
        ("g.x", "w"),
    ]

    with pytest.raises(ExportError, match=r"two nodes have this name once subgraphs are taken"):
        import_file(written(given, tmp_path))


def test_delays_in_seconds_are_a_unit_of_time(tmp_path: Path) -> None:
    """Integrators with r = 1 count in steps only where nothing else is told in seconds."""
    counting = nir.IF(r=np.ones(3), v_threshold=np.ones(3), v_reset=np.zeros(3))
    delayed = small(a=counting, d=nir.Delay(3e-3 * np.ones(3)))
    delayed.edges = [("input", "w"), ("w", "d"), ("d", "a"), ("a", "output")]

    report = import_file(written(delayed, tmp_path)).report()

    assert report["dt"] == DT
