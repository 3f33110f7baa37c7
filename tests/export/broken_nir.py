"""NIR files that are wrong in one place, and the line in which they are refused."""

from collections.abc import Callable
from pathlib import Path

import h5py
import nir
import pytest

from export.imported import Choices, import_file
from realsam.errors import BundleError, ExportError
from tests.export.foreign_nir import small, written

Change = Callable[[h5py.Group], object]


def refusal(path: Path, **options: object) -> str:
    """The line in which a file is refused, without its path and the cure."""
    before = sorted(path.parent.iterdir())
    with pytest.raises((BundleError, ExportError)) as raised:
        import_file(path, Choices(**options))  # type: ignore[arg-type]
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
