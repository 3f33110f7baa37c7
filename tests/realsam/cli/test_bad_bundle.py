"""Damaged bundles: one error line that names the file, nothing half-written."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.realsam.cli.conftest import call, error, generate
from tests.realsam.cli.damage import flip, truncate

needs_lava = pytest.mark.skipif(find_spec("lava") is None, reason="Lava is not installed")
PROMPT = ("--prompt", "One day")
FILES = ("network.net", "network.nir", "host.safetensors", "tokenizer.json", "record.safetensors")


@pytest.mark.parametrize("damage", [flip, truncate, Path.unlink], ids=["flip", "half", "gone"])
@pytest.mark.parametrize("name", FILES)
def test_damaged_bundle_names_the_file(
    broken: Path, name: str, damage: Callable[[Path], None]
) -> None:
    """A bit, a half, or all of any file."""
    damage(broken / name)

    line = error(call("verify", broken))

    assert line.startswith(f"{broken / name}: ")
    assert line.endswith("; export it again, or restore the folder")


@pytest.mark.parametrize("damage", [truncate, Path.unlink], ids=["half", "gone"])
def test_damaged_manifest_is_named(broken: Path, damage: Callable[[Path], None]) -> None:
    """Without it the folder is no bundle."""
    damage(broken / "manifest.json")

    assert error(call("verify", broken)).startswith(f"{broken / 'manifest.json'}: missing or dam")


@pytest.mark.parametrize(
    ("key", "value"),
    [("files", None), ("files", []), ("network", None), ("probe", None), ("probe", {"text": "a"})],
)
def test_incomplete_manifest_is_named(broken: Path, key: str, value: object) -> None:
    """Each thing that a bundle cannot do without."""
    path = broken / "manifest.json"
    manifest = json.loads(path.read_text()) | {key: value}
    if value is None:
        del manifest[key]
    path.write_text(json.dumps(manifest))

    assert error(call("verify", broken)).startswith(f"{path}: missing or damaged")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", 2, "bundle format 2 is not 1; export it again with this version"),
        ("network", "0" * 64, "holds another network than the manifest says"),
        ("files", {}, "does not list host.safetensors"),
    ],
)
def test_foreign_manifest_is_named(broken: Path, key: str, value: object, message: str) -> None:
    """Another version, another network, no network."""
    path = broken / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))

    assert message in error(call("verify", broken))


@pytest.mark.lava
@needs_lava
def test_generate_refuses_a_damaged_bundle(broken: Path) -> None:
    """Before Lava starts."""
    truncate(broken / "network.net")

    assert "damaged, its SHA-256" in error(generate("--model", broken, *PROMPT))


def test_missing_bundle_is_named(tmp_path: Path) -> None:
    """For every command that takes one; a file is no bundle either."""
    nowhere = tmp_path / "nowhere"
    file = tmp_path / "file"
    file.write_text("")
    cure = "no bundle there; give a folder that `realsam export` wrote"

    assert error(call("verify", nowhere)) == f"{nowhere}: {cure}"
    assert error(call("verify", file)) == f"{file}: {cure}"
