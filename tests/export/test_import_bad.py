"""Wrong files are one line that names the file, the node and what is wrong; nothing is written."""

from collections.abc import Callable
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from export.imported import import_file
from realsam.errors import BundleError, ExportError, RealSamError
from tests.export.corpus import NIR
from tests.export.foreign_nir import DT, chain, integers, lif, small, written

Change = Callable[[h5py.Group], object]


def refusal(path: Path, kind: type[RealSamError] = ExportError, **options: object) -> str:
    """The line in which a file is refused, without its path and the cure."""
    before = sorted(path.parent.iterdir())
    with pytest.raises(kind) as raised:
        import_file(path, **options)  # type: ignore[arg-type]
    assert sorted(path.parent.iterdir()) == before
    assert "\n" not in str(raised.value)
    assert raised.value.cure
    return raised.value.message.removeprefix(f"{path}: ")


def changed(folder: Path, change: Change, given: nir.NIRGraph | None = None) -> Path:
    """A file that is wrong in one place."""
    path = written(given or small(), folder)
    with h5py.File(path, "a") as file:
        change(file["node"])
    return path


def put(key: str, value: object) -> Change:
    """Store a number or a text in place of another."""

    def change(node: h5py.Group) -> None:
        if key in node:
            del node[key]
        node[key] = value

    return change


def edge(*ends: str) -> Change:
    """One more edge."""

    def change(node: h5py.Group) -> None:
        edges = [tuple(map(bytes.decode, pair)) for pair in node["edges"][()]]
        put("edges", [*edges, ends])(node)

    return change


def without(key: str) -> Change:
    """The file lacks a key."""
    return lambda node: node.pop(key)


THREE = np.ones(3)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (edge("a", "ghost"),
         "the graph: the edge 'a' -> 'ghost' leads to no node: there is no 'ghost'"),
        (edge("w", "a"), "the graph: the edge 'w' -> 'a' stands there twice"),
        (put("edges", np.zeros((2, 3))), "the graph: its edges are [2, 3], not [n, 2]"),
        (put("nodes/a/type", "Izhikevich"), "a: node type 'Izhikevich' is not known"),
        (put("nodes/a/type", "x" * 500), "a: node type '" + "x" * 200 + "...' is not known"),
        (put("nodes/a/tau", [DT, np.nan, DT]), "a: tau[1] = nan is not finite"),
        (put("nodes/a/r", [np.inf, 1, 1]), "a: r[0] = inf is not finite"),
        (put("nodes/a/tau", [DT, -1.0, DT]), "a: tau[1] = -1.0 is not positive"),
        (put("nodes/a/tau", [DT, 0.0, DT]), "a: tau[1] = 0.0 is not positive"),
        (put("nodes/a/tau", THREE * DT / 2),
         "a[0]: tau = 5e-05 s is shorter than the time step 0.0001 s"),
        (put("nodes/a/tau", np.ones(4)),
         "a: its fields have different shapes: tau [4], r [3], v_leak [3], v_threshold [3], "
         "v_reset [3]"),
        (put("nodes/a/v_threshold", -THREE),
         "a[0]: its threshold is 1 below the voltage after a reset"),
        (put("nodes/a/v_threshold", "high"), "a: v_threshold = 'high' is not a number"),
        (put("nodes/a/v_threshold", np.zeros(0)), "a: v_threshold is empty"),
        (put("nodes/a/reset", 1), "a: LIF has an unknown field 'reset'"),
        (put("nodes/a/metadata/reset_mechanism", "subtract"),
         "a: resets by subtraction (metadata reset_mechanism = 'subtract')"),
        (without("nodes/a/tau"), "a: LIF has no tau"),
        (put("nodes/w/weight", np.zeros((3, 5))), "w: Linear of shape [5] gets [2]"),
        (put("nodes/w/weight", np.zeros((4, 2))), "a: LIF of shape [3] gets [4]"),
        (put("nodes/w/weight", np.zeros(6)), "w: weight is [6], not [outputs, inputs]"),
        (put("nodes/output/shape", [4]), "output: Output of shape [4] gets [3]"),
        (put("nodes/input/shape", [-2]), "input: shape[0] = -2 is not positive"),
        (without("nodes/output"),
         "the graph: the edge 'a' -> 'output' leads to no node: there is no 'output'"),
        (edge("w", "w"), "w: a loop without neurons"),
        (edge("a", "input"), "input: edges lead into an Input"),
        (lambda node: node.move("nodes/a", "nodes/" + "a" * 300),
         repr("a" * 200 + "...") + ": no name for a node"),
        (lambda node: node.move("nodes/a", "nodes/a\nb"), "'a\\nb': no name for a node"),
    ],
)  # fmt: skip
def test_wrong_graph_is_named(change: Change, expected: str, tmp_path: Path) -> None:
    """Edges, types, fields, numbers, shapes, names."""
    found = refusal(changed(tmp_path, change))

    assert found.startswith(expected[:250])


def sized(node: h5py.Group) -> None:
    """Weights that only claim to be there."""
    del node["nodes/w/weight"]
    node.create_dataset("nodes/w/weight", (1 << 20, 1 << 20), "f4", chunks=(1024, 1024))


def unwritten(node: h5py.Group) -> None:
    """The same in a size that is allowed: it would be all zeros."""
    del node["nodes/w/weight"]
    node.create_dataset("nodes/w/weight", (1 << 14, 1 << 13), "f4", chunks=(1024, 1024))


def many(node: h5py.Group) -> None:
    """More neurons than memory, of one number each."""
    put("nodes/input/shape", [2**30])(node)
    del node["nodes/w"]
    put("edges", [("input", "a"), ("a", "output")])(node)
    for key in ("tau", "r", "v_leak", "v_threshold", "v_reset"):
        put(f"nodes/a/{key}", 0.5)(node)
    put("nodes/output/shape", [2**30])(node)


def linked(node: h5py.Group) -> None:
    """A node that lies in another file."""
    del node["nodes/a"]
    node["nodes/a"] = h5py.ExternalLink("other.nir", "/node")


def nested(node: h5py.Group) -> None:
    """A graph that contains itself."""
    node["nodes/again"] = node


@pytest.mark.parametrize(
    ("change", "kind", "expected"),
    [
        (sized, ExportError, "w: weight has 1,099,511,627,776 numbers, not 1..268,435,456"),
        (unwritten, ExportError,
         "w: weight has 134,217,728 numbers of which the file holds 0 bytes"),
        (many, ExportError,
         "input: 1,073,741,824 lines or neurons are more than 16,777,216"),
        (linked, BundleError, "not a NIR file: the graph has no group 'a'"),
        (nested, ExportError, "again.again."),
        (put("type", "Graph"), BundleError, "not a NIR file: its node is no NIRGraph"),
        (without("nodes"), BundleError, "not a NIR file: the graph has no group 'nodes'"),
        (lambda node: put("version", "2.0.0")(node.parent), BundleError,
         "NIR version '2.0.0' is not known"),
        (lambda node: put("version", "x\ny")(node.parent), BundleError,
         "NIR version 'x\\ny' is not known"),
    ],
)  # fmt: skip
def test_hostile_file_is_refused(
    change: Change, kind: type[RealSamError], expected: str, tmp_path: Path
) -> None:
    """Sizes, links, cycles of groups, foreign versions."""
    assert refusal(changed(tmp_path, change), kind).startswith(expected)


@pytest.mark.parametrize("version", ["0.2.0", "1.0.4"])
def test_older_versions_are_read_and_told(version: str, tmp_path: Path) -> None:
    """They have no v_reset: it was 0."""

    def change(node: h5py.Group) -> None:
        del node["nodes/a/v_reset"]
        put("version", version)(node.parent)

    found = import_file(changed(tmp_path, change)).quantized

    assert found is not None
    told = [f"written by NIR {version}: read by the rules of 1.0.x"] * (version < "1")
    assert list(found.notes[:-1]) == told
    assert found.notes[-1].startswith("a: no v_reset in the file, so that spikes reset to 0")


LI = nir.LI(tau=THREE * 1e-3, r=THREE, v_leak=THREE * 0)


@pytest.mark.parametrize(
    ("given", "options", "expected"),
    [
        (chain(input=nir.Input(np.array([3])), a=LI, w=nir.Linear(integers(3, 3)), b=lif(3),
               output=nir.Output(np.array([3]))), {},
         "b: hears a, a LI node without spikes"),
        (small(a=nir.CubaLIF(tau_syn=THREE * 1e-3, tau_mem=THREE * 1e-3, r=THREE,
                             v_leak=THREE, v_threshold=THREE * 2, v_reset=THREE * 0)), {},
         "a[0]: v_leak = 1 is not v_reset = 0, which has no exact form beside a synaptic"),
        (small(a=nir.CubaLIF(tau_syn=THREE * 1e-3, tau_mem=THREE * 1e-3, r=THREE,
                             v_leak=THREE * 0, v_threshold=THREE)), {"steps_per_token": 3},
         "a[0]: a synaptic current with memory would act in each of the 3 steps of a token"),
        (chain(input=nir.Input(np.array([2])), d=nir.Delay(np.ones(2) * 63 * DT),
               w=nir.Linear(integers(3, 2)), a=lif(3), output=nir.Output(np.array([3]))), {},
         "a: a spike of the input takes 63 extra steps, more than 62"),
        (chain(input=nir.Input(np.array([2])), d=nir.Delay(np.ones(2) * 70 * DT),
               w=nir.Linear(integers(3, 2)), a=lif(3), output=nir.Output(np.array([3]))), {},
         "d: a delay of 70 steps is longer than 63"),
        (small(), {"steps_per_token": 63}, "steps_per_token = 63 is outside 1..62"),
        (small(), {"dt": 0.0}, "dt = 0.0 is not a positive number of seconds"),
        (small(), {"dt": float("nan")}, "dt = nan is not a positive number of seconds"),
    ],
)  # fmt: skip
def test_what_the_chip_lacks_is_named(
    given: nir.NIRGraph, options: dict[str, object], expected: str, tmp_path: Path
) -> None:
    """Voltages as spikes, currents beside other equations, long delays, impossible clocks."""
    assert refusal(written(given, tmp_path), **options).startswith(expected)


def test_other_hdf5_is_refused(tmp_path: Path) -> None:
    """And a file that is none."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = 1
    (tmp_path / "b.nir").write_text("no")

    assert refusal(tmp_path / "a.h5", BundleError).startswith("neither netx nor NIR")
    assert refusal(tmp_path / "b.nir", BundleError).startswith("neither netx nor NIR")
    assert refusal(tmp_path / "c.nir", BundleError) == "no such file"


@pytest.mark.skipif(not (NIR / "lif_norse.nir").exists(), reason="the corpus is not here")
def test_bytes_that_crash_libhdf5_are_refused(tmp_path: Path) -> None:
    """Four wrong bytes in the addresses of strings: a segmentation fault in the reader."""
    data = bytearray((NIR / "lif_norse.nir").read_bytes())
    for place, value in ((3806, 139), (8766, 87), (8915, 77), (17385, 156)):
        data[place] = value
    (tmp_path / "n.nir").write_bytes(data)

    found = refusal(tmp_path / "n.nir", BundleError)

    assert found.startswith(("damaged: libhdf5 ", "not a readable NIR file"))
