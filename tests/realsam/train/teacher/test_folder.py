"""Teacher folders: what is saved is what is read, and damage is said by name."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from realsam.errors import CheckpointError
from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.folder import load_teacher, save_teacher
from tests.realsam.train.teacher import small


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An ensemble of two."""
    save_teacher(tmp_path / "teacher", small.ensemble(2), {"seed": 0})
    return tmp_path / "teacher"


def change(folder: Path, **values: object) -> None:
    """Write other values into config.json."""
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_ensemble_comes_back(folder: Path) -> None:
    """Configuration and weights, bit for bit."""
    saved, read = small.ensemble(2), load_teacher(folder)

    assert saved.config == read.config
    for a, b in zip(saved.members, read.members, strict=True):
        for p, q in zip(a.parameters(), b.parameters(), strict=True):
            assert torch.equal(p, q)


def test_provenance_is_kept(folder: Path) -> None:
    """As JSON that people can read."""
    assert json.loads((folder / "config.json").read_text())["about"] == {"seed": 0}


def test_half_precision_is_half_the_size(folder: Path, tmp_path: Path) -> None:
    """It is read back as float32."""
    save_teacher(tmp_path / "half", small.ensemble(2), {}, torch.float16)

    read = load_teacher(tmp_path / "half")
    whole = (folder / "member0.safetensors").stat().st_size
    assert (tmp_path / "half" / "member0.safetensors").stat().st_size < 0.6 * whole
    assert torch.equal(small.teacher(0).embedding.half().float(), read.members[0].embedding)


def test_smaller_ensemble_takes_the_place(folder: Path) -> None:
    """Saving again replaces what was there."""
    save_teacher(folder, Ensemble([small.teacher(7)]), {})

    (member,) = load_teacher(folder).members
    assert torch.equal(small.teacher(7).embedding, member.embedding)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "config.json").unlink(), "config.json: no teacher there"),
        (lambda f: (f / "config.json").write_text("{"), "config.json: damaged"),
        (lambda f: change(f, format=7), "config.json: teacher format 7 is not 1"),
        (lambda f: change(f, members=0), "config.json: damaged"),
        (lambda f: change(f, model={"width": 3}), "config.json: damaged"),
        (lambda f: change(f, members=3), "member2.safetensors: missing or damaged"),
        (
            lambda f: (f / "member1.safetensors").write_bytes(b"1234567"),
            "member1.safetensors: missing or damaged",
        ),
        (
            lambda f: change(f, model={"vocab_size": 21, "width": 16, "layers": 2, "heads": 2}),
            "member0.safetensors: missing or damaged",
        ),
    ],
)
def test_damage_is_named(folder: Path, damage: Callable[[Path], object], message: str) -> None:
    """One line that names the file, and a cure."""
    damage(folder)

    with pytest.raises(CheckpointError) as caught:
        load_teacher(folder)

    assert message in caught.value.message
    assert "\n" not in str(caught.value)
    assert caught.value.cure


def test_weights_that_diverged_are_refused(tmp_path: Path) -> None:
    """A teacher of NaN teaches nothing."""
    model = small.teacher()
    torch.nn.init.constant_(model.embedding, float("nan"))
    save_teacher(tmp_path, Ensemble([model]), {})

    with pytest.raises(CheckpointError, match="embedding is not finite"):
        load_teacher(tmp_path)


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file is in its place."""
    (tmp_path / "file").write_text("")

    with pytest.raises(CheckpointError, match="file: not writable"):
        save_teacher(tmp_path / "file", small.ensemble(1), {})
