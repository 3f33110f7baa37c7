"""Skips and loops arrive in their step, on any number of chip steps."""

from pathlib import Path

import nir
import numpy as np
import pytest

from export import Choices, import_file
from export.quantize.always_on import always_on
from realsam.errors import ExportError
from realsam.ir import Input, Network, Projection, Replay, readout
from sim import reference
from tests.export.corpus import parity
from tests.export.foreign_nir import graph, integers, integrate, written

Edges = list[tuple[str, str]]
NODES = {
    "input": nir.Input(np.array([3])),
    "w": nir.Linear(integers(4, 3)),
    "a": integrate(4),  # no rounding of a leak can tell the clocks apart
    "ab": nir.Linear(integers(4, 4, 1) + 20),
    "b": integrate(4),
    "bc": nir.Linear(integers(4, 4, 2) + 40),
    "c": integrate(4),
    "skip": nir.Linear(integers(4, 3, 3)),
    "self": nir.Affine(integers(4, 4, 4), np.array([1.0, 2, -3, 0])),
    "back": nir.Linear(integers(4, 4, 5)),
    "output": nir.Output(np.array([4])),
}
FORWARD: Edges = [
    *(("input", "w"), ("w", "a"), ("a", "ab"), ("ab", "b"), ("b", "bc"), ("bc", "c")),
    *(("input", "skip"), ("skip", "c"), ("c", "output")),
]
SELF: Edges = [("b", "self"), ("self", "b")]
BACK: Edges = [("c", "back"), ("back", "a")]


def looped(*loops: Edges) -> nir.NIRGraph:
    """Three populations, a skip, and loops."""
    edges = [*FORWARD, *(edge for loop in loops for edge in loop)]
    used = {name for edge in edges for name in edge}
    return graph({name: node for name, node in NODES.items() if name in used}, edges)


@pytest.mark.parametrize("steps", [None, 2, 7])
@pytest.mark.parametrize("loops", [(), (SELF,)], ids=["skip", "self"])
def test_skips_and_loops_are_balanced(
    loops: tuple[Edges, ...], steps: int | None, tmp_path: Path
) -> None:
    """On any number of chip steps."""
    found = parity(written(looped(*loops), tmp_path), steps_per_token=steps)

    assert found.n_total == 0
    assert min(found.n_spikes.values()) > 4


def test_loop_through_layers_takes_as_many_steps_as_it_has_hops(tmp_path: Path) -> None:
    """A -> b -> c -> a: three chip steps per step of the file, and no fewer."""
    path = written(looped(SELF, BACK), tmp_path)

    found = import_file(path).quantized

    assert found is not None
    assert (found.network.steps_per_token, found.schedule.depth["c"]) == (3, 3)
    assert found.schedule.feedback == {("b", "b"), ("c", "a")}
    assert {(q.source, q.target): q.delay for q in found.links if q.kind != "bias"} == {
        ("input", "a"): 0,
        ("a", "b"): 0,
        ("b", "c"): 0,
        ("input", "c"): 2,
        ("b", "b"): 2,
        ("c", "a"): 0,
    }
    assert parity(path).n_total == 0
    with pytest.raises(ExportError, match="steps_per_token = 2 is too few for the longest loop"):
        import_file(path, Choices(steps_per_token=2))


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_the_clock_of_the_biases_ticks_once_per_token(steps: int) -> None:
    """From step 0 on."""
    lif_, loops = always_on("tick", steps)
    network = Network(
        Input("in", 1),
        (lif_, readout("out", 1)),
        (*loops, Projection("out", ("tick",), np.array([[2]], np.int16), np.array([0]))),
        "out",
        steps,
    )

    run = reference.run(network, Replay(np.zeros((9, 1), np.uint8)))

    assert run.spikes["tick"].ravel().tolist() == [1] * 9
