"""Numbers that need no rounding come out exact, through every node, delay and loop."""

from pathlib import Path

import nir
import numpy as np
import pytest

from export import Choices, from_nir, import_file
from export.imported import load_imported, save_imported
from export.nir import from_nir as from_our_nir
from export.nir import to_nir
from export.quantize.always_on import always_on
from realsam.errors import BundleError, ExportError
from realsam.ir import Input, Layer, Network, Projection, Replay, readout, to_network
from sim import reference
from tests.export.corpus import parity, random_spikes
from tests.export.foreign_nir import DT, chain, graph, integers, lif, small, written
from tests.export.networks import clock

Edges = list[tuple[str, str]]
ONES, WIDE = np.ones(2, np.int64), np.ones(4)


def integrate(size: int | tuple[int, ...], threshold: float = 97) -> nir.IF:
    """Neurons without leak."""
    ones = np.ones(size)
    return nir.IF(r=ones / DT, v_threshold=threshold * ones, v_reset=0 * ones)


def conv(out: int, into: int, shape: tuple[int, int], padding: object = (1, 1)) -> nir.Conv2d:
    """A kernel of 3 x 3 with a bias."""
    rng = np.random.default_rng(out)
    weight = rng.integers(-20, 21, (out, into, 3, 3)).astype(np.float32)
    bias = rng.integers(-5, 6, out).astype(np.float32)
    return nir.Conv2d(shape, weight, 1, padding, 1, 1, bias)


def two(*middle: nir.NIRNode, into: int = 4) -> nir.NIRGraph:
    """Two populations with nodes in between."""
    between = {f"n{k}": node for k, node in enumerate(middle)}
    return chain(
        input=nir.Input(np.array([3])),
        w=nir.Linear(integers(4, 3)),
        a=lif(4),
        **between,
        v=nir.Linear(integers(5, into, 1)),
        b=lif(5),
        output=nir.Output(np.array([5])),
    )


GRAPHS = {
    "linear": two(),
    "affine": two(nir.Affine(np.eye(4), np.array([1.0, -1, 0.5, 0]))),
    "scale": two(nir.Scale(np.array([1.0, 2, -1, 3]))),
    "delay": two(nir.Delay(np.array([0, 2, 2, 7]) * DT)),
    "threshold": two(nir.Scale(WIDE * 8), nir.Threshold(WIDE * 3)),
    "subgraph": two(
        chain(
            input=nir.Input(np.array([4])),
            w=nir.Linear(integers(6, 4)),
            c=integrate(6),
            output=nir.Output(np.array([6])),
        ),
        into=6,
    ),
    "v_reset": small(
        a=nir.LIF(
            tau=np.ones(3) * 32 * DT,
            r=np.ones(3) * 32,
            v_leak=np.array([5.0, 37, 5]),
            v_threshold=np.ones(3) * 42,
            v_reset=np.ones(3) * 5,
        )
    ),
    "conv2d": chain(
        input=nir.Input(np.array([2, 5, 6])),
        c=conv(3, 2, (5, 6)),
        a=lif((3, 5, 6)),
        p=nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        d=conv(2, 3, (2, 3), "same"),
        b=integrate((2, 2, 3)),
        f=nir.Flatten({"input": np.array([2, 2, 3])}, 0, -1),
        w=nir.Linear(integers(2, 12)),
        e=lif(2),
        output=nir.Output(np.array([2])),
    ),
    "conv1d": chain(
        input=nir.Input(np.array([2, 9])),
        c=nir.Conv1d(9, integers(6, 3).reshape(3, 2, 3), 2, 1, 1, 1, np.zeros(3)),
        a=lif((3, 5)),
        output=nir.Output(np.array([3, 5])),
    ),
    "avgpool": chain(
        input=nir.Input(np.array([1, 4, 4])),
        p=nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        s=nir.Scale(np.full((1, 2, 2), 4.0)),
        a=lif((1, 2, 2), threshold=3),
        output=nir.Output(np.array([1, 2, 2])),
    ),
    "sum": chain(
        input=nir.Input(np.array([3])),
        w=nir.Linear(integers(4, 3)),
        a=lif(4),
        v=nir.Affine(integers(2, 4), np.array([1.0, -2])),
        output=nir.Output(np.array([2])),
    ),
    "integrated": chain(
        input=nir.Input(np.array([2])),
        w=nir.Linear(np.array([[1.0, 2]])),
        a=nir.I(r=np.ones(1) / DT),
        output=nir.Output(np.array([1])),
    ),
}
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


@pytest.mark.parametrize("name", GRAPHS)
def test_integers_come_out_exact(name: str, tmp_path: Path) -> None:
    """Decays of 128 / 4096 truncate far below the weights: every spike is the file's."""
    found = parity(written(GRAPHS[name], tmp_path))

    assert found.n_total == 0
    assert all(n > 10 for n in found.n_spikes.values())
    assert found.voltage_rms < 0.01 * max(1, found.voltage_range)


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


@pytest.mark.parametrize("threshold", [0, 1e-9, 1e-3])
def test_weights_above_the_threshold_have_room(threshold: float, tmp_path: Path) -> None:
    """Inhibition counts in weights then."""
    found = parity(written(small(a=lif(3, threshold=threshold)), tmp_path))

    assert found.n_total == 0
    assert found.full["a"] < 1


def test_weights_below_every_unit_are_told(tmp_path: Path) -> None:
    """A threshold that no sum of them reaches: nothing is left, and the report says so."""
    found = import_file(written(small(a=lif(3, threshold=1e9)), tmp_path)).quantized

    assert found is not None
    (link,) = found.links
    assert (link.error.n, link.error.n_lost) == (6, 6)
    assert {r.register for r in found.roundings} == {"weight"}
    assert found.network.projections == ()


def test_names_of_the_file_come_first(tmp_path: Path) -> None:
    """What the importer adds gives way."""
    given = chain(
        input=nir.Input(np.array([2])),
        w=nir.Affine(integers(3, 2), np.ones(3) * 9),
        always_on=lif(3),
        output=nir.Output(np.array([3])),
    )

    network = from_nir(written(given, tmp_path))

    assert list(network.sizes) == ["input", "always_on_", "always_on"]


def test_saturation_is_told(tmp_path: Path) -> None:
    """Steady inhibition of 600 thresholds leaves 24 bits, while no spike depends on it."""
    weight = np.array([[64.0, 0], [0, -64], [0, 0]])
    given = small(w=nir.Linear(weight), a=integrate(3))

    found = parity(written(given, tmp_path), np.ones((900, 2), np.uint8))

    assert found.full["a"] > 2
    assert found.n_total == 0


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


def test_files_without_a_unit_of_time_count_in_steps(tmp_path: Path) -> None:
    """Integrators of r = 1, as Sinabs writes them."""
    ones = np.ones(3)
    given = small(a=nir.IF(r=ones, v_threshold=ones * 97, v_reset=ones * 0))

    found = import_file(written(given, tmp_path)).quantized

    assert found is not None
    assert found.model.dt == 1
    assert "r = 1 everywhere" in found.notes[0]
    assert import_file(tmp_path / "n.nir", Choices(dt=0.5)).quantized.model.dt == 0.5  # type: ignore[union-attr]


def test_large_roundings_are_listed(tmp_path: Path) -> None:
    """Place, register, what was wanted, what it got; those below the size are not."""
    given = small(a=lif(3, tau=4096 * DT / 2.4))

    found = import_file(written(given, tmp_path)).quantized

    assert found is not None
    (rounding,) = found.roundings
    assert (rounding.where, rounding.register, rounding.n, rounding.got) == ("a[0]", "dv", 3, 2.0)
    assert rounding.wanted == pytest.approx(2.4)
    assert rounding.error == pytest.approx(0.4 / 2.4)
    assert not import_file(tmp_path / "n.nir", Choices(above=0.2)).quantized.roundings  # type: ignore[union-attr]


def test_paper_scaling_lists_what_it_cuts_off(tmp_path: Path) -> None:
    """One scale of 256 has no room for a weight of 200."""
    path = written(small(w=nir.Linear(np.array([[200.0, 1], [0, 0], [0, 0]]))), tmp_path)

    with pytest.raises(ExportError, match=r"input->a: a weight of 51,200 is more than 32,512"):
        import_file(path, Choices(scaling="nir-paper"))


def test_no_weight_is_clipped() -> None:
    """One outlier costs no bits of the others: it gets an exponent of its own."""
    from export.quantize.weights import by_size

    values = np.random.default_rng(1).normal(size=(40, 40))
    values[3, 4] = 300.0

    terms = by_size("here", values, 300.0)

    got = sum(weight * 2.0**exp for weight, exp in terms)
    assert len(terms) == 2
    assert np.abs(got - values).max() < 2
    assert all(not np.any(terms[0][0].astype(bool) & terms[1][0].astype(bool)) for _ in terms)


def test_our_own_files_keep_their_registers(tmp_path: Path) -> None:
    """They are not quantized again."""
    network = to_network(clock((Layer("a", ONES, ONES, ("input",), ONES[:, None] * ONES * 2),)))
    to_nir(network, tmp_path / "n.nir")

    assert from_nir(tmp_path / "n.nir") == from_our_nir(tmp_path / "n.nir") == network
    assert import_file(tmp_path / "n.nir").quantized is None


def test_folder_comes_back_or_is_refused(tmp_path: Path) -> None:
    """The network, and nothing if a byte of it changed; foreign folders are left alone."""
    found = import_file(written(small(), tmp_path))
    folder = tmp_path / "out"
    save_imported(folder, found.network, found.report())
    save_imported(folder, found.network, found.report())  # its own it may replace

    assert load_imported(folder) == found.network
    (folder / "import.json").write_text("{}")
    with pytest.raises(BundleError, match="damaged, its SHA-256"):
        load_imported(folder)
    (folder / "mine.txt").write_text("x")
    with pytest.raises(ExportError, match="exists and is no import"):
        save_imported(folder, found.network, found.report())


def test_random_spikes_are_the_same_each_time() -> None:
    """So that counts in these tests mean something."""
    assert np.array_equal(random_spikes(3), random_spikes(3))
