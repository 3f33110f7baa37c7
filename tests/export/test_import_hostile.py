"""Files made to harm: sizes, links, loops of groups, names, versions, bytes that kill readers."""

from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from export.imported import import_file
from export.nir import tree
from tests.export.broken_nir import Change, changed, put, refusal, without
from tests.export.corpus import NIR
from tests.export.foreign_nir import chain, written


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


def external(node: h5py.Group) -> None:
    """Numbers that are the bytes of another file."""
    del node["nodes/a/tau"]
    node["nodes/a"].create_dataset("tau", (3,), "f8", external=[("/etc/hostname", 0, 24)])


def virtual(node: h5py.Group) -> None:
    """Numbers that are put together from other files."""
    layout = h5py.VirtualLayout((3,), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "x", (3,))
    del node["nodes/a/tau"]
    node["nodes/a"].create_virtual_dataset("tau", layout)


def nested(node: h5py.Group) -> None:
    """A graph that contains itself."""
    node["nodes/again"] = node


def multiplied(node: h5py.Group) -> None:
    """Thirteen graphs, each of which contains the one before ten times."""
    inner = None
    for level in range(13):
        outer = node.parent.create_group(f"x{level}")
        outer["type"], outer["edges"] = "NIRGraph", np.zeros((0, 2), h5py.string_dtype())
        for name, kind in (("i", "Input"), ("o", "Output")):
            outer[f"nodes/{name}/type"], outer[f"nodes/{name}/shape"] = kind, [2]
        for k in range(10 if inner else 0):
            outer[f"nodes/s{k}"] = inner
        inner = outer
    node["nodes/b"] = inner


def named(name: str) -> Change:
    """Another name for the neurons."""
    return lambda node: node.move("nodes/a", f"nodes/{name}")


def version(value: object) -> Change:
    """Another version, of any type."""
    return lambda node: put("version", value)(node.parent)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (sized, "'node/nodes/w/weight' has 1,099,511,627,776 numbers, of which the file holds 0"),
        (unwritten, "'node/nodes/w/weight' has 134,217,728 numbers, of which the file holds 0"),
        (many, "input: 1,073,741,824 lines or neurons are more than 16,777,216"),
        (linked, "'node/nodes/a' is a link to another place"),
        (put("nodes/a/metadata/x", h5py.SoftLink("/node")),
         "'node/nodes/a/metadata/x' is a link to another place"),
        (put("nodes/q", h5py.SoftLink("/nowhere")), "'node/nodes/q' is a link to another place"),
        (external, "'node/nodes/a/tau' lies in another file"),
        (virtual, "'node/nodes/a/tau' lies in another file"),
        (nested, "again.again."),
        (put("type", "Graph"), "not a NIR file: its node is no NIRGraph"),
        (without("nodes"), "not a NIR file: the graph has no group 'nodes'"),
        (put("nodes/a", 3), "not a NIR file: the graph has no group 'a'"),
        (named("a\nb"), "'a\\nb': no name for a node"),
        (named("\x1b[31mred"), "'\\x1b[31mred': no name for a node"),
        (named("\u202ered"), "'\\u202ered': no name for a node"),
        (named("a" * 100_000), repr("a" * 200 + "...") + ": no name for a node"),
        (named("a/b"), "the graph: the edge 'w' -> 'a' leads to no node"),
        (version("2.0.0"), "NIR version '2.0.0' is not known"),
        (version("banana"), "NIR version 'banana' is not known"),
        (version("1.0.8\n"), "NIR version '1.0.8\\n' is not known"),
        (version("1.5\x1b[31m"), "NIR version '1.5\\x1b[31m' is not known"),
        (version("1." + "0" * 5000), "NIR version '1.0000"),
        (version(1), "the file: its version is no text"),
        (version(np.array([b"1.0.8", b"1.0.9"])), "the file: its version is no text"),
        (lambda node: node.parent.pop("version"), "no NIR version"),
    ],
)  # fmt: skip
def test_hostile_file_is_refused(change: Change, expected: str, tmp_path: Path) -> None:
    """Sizes, links, cycles of groups, names, versions."""
    assert refusal(changed(tmp_path, change)).startswith(expected[:250])


@pytest.mark.parametrize("name", ["..", "\U0001f984", "é a", "-rf", "[b]", "%s{}", "always_on"])
def test_odd_names_are_names(name: str, tmp_path: Path) -> None:
    """What can be printed can be a population."""

    def change(node: h5py.Group) -> None:
        named(name)(node)
        put("edges", [("input", "w"), ("w", name), (name, "output")])(node)

    assert list(import_file(changed(tmp_path, change)).network.sizes) == ["input", name]


@pytest.mark.parametrize("said", ["0.0.1", "0.2.0", "1.0.4", "1.0.8.dev3", "1.0"])
def test_older_versions_are_read_and_told(said: str, tmp_path: Path) -> None:
    """They have no v_reset: it was 0."""

    def change(node: h5py.Group) -> None:
        del node["nodes/a/v_reset"]
        version(said)(node)

    found = import_file(changed(tmp_path, change)).quantized

    assert found is not None
    told = [f"written by NIR {said}: read by the rules of 1.0.x"] * (said < "1")
    assert list(found.notes[:-1]) == told
    assert found.notes[-1].startswith("a: no v_reset in the file, so that spikes reset to 0")


def test_graphs_that_multiply_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten to the twelfth nodes in a file of a hundred groups."""
    monkeypatch.setattr(tree, "_NODES_MAX", 99)

    assert refusal(changed(tmp_path, multiplied)) == "more than 99 nodes"


def test_kernel_with_more_taps_than_memory_is_refused(tmp_path: Path) -> None:
    """All of its places together; the node is named."""
    given = chain(
        input=nir.Input(np.array([1, 4, 4])),
        p=nir.SumPool2d(np.array([2**14] * 2), np.array([1, 1]), np.array([2**13] * 2)),
        output=nir.Output(np.array([1, 5, 5])),
    )

    found = refusal(written(given, tmp_path))

    assert found.startswith("p: a ")
    assert "6,710,886,400" in found


def test_chain_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """Of nodes between two populations."""
    scales = {f"s{k}": nir.Scale(np.ones(2)) for k in range(600)}
    given = chain(input=nir.Input(np.array([2])), **scales, output=nir.Output(np.array([2])))

    found = refusal(written(given, tmp_path))

    assert found.startswith("a chain of nodes between populations is too long")


def test_other_hdf5_is_refused(tmp_path: Path) -> None:
    """And a file that is none."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = 1
    (tmp_path / "b.nir").write_text("no")

    assert refusal(tmp_path / "a.h5").startswith("neither netx nor NIR")
    assert refusal(tmp_path / "b.nir").startswith("neither netx nor NIR")
    assert refusal(tmp_path / "c.nir") == "no such file"


@pytest.mark.skipif(not (NIR / "lif_norse.nir").exists(), reason="the corpus is not here")
def test_bytes_that_crash_libhdf5_are_refused(tmp_path: Path) -> None:
    """Four wrong bytes in the addresses of strings: a segmentation fault in the reader."""
    data = bytearray((NIR / "lif_norse.nir").read_bytes())
    for place, value in ((3806, 139), (8766, 87), (8915, 77), (17385, 156)):
        data[place] = value
    (tmp_path / "n.nir").write_bytes(data)

    found = refusal(tmp_path / "n.nir")

    assert found.startswith(("damaged: libhdf5 ", "not a readable NIR file"))
