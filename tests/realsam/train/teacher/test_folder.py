"""Teacher folders: what is saved is what is read, and damage is said by name."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import torch

from realsam.errors import CheckpointError
from realsam.train.teacher.folder import load_teacher, save_teacher
from tests import tiny
from tests.realsam.train.teacher import small


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An ensemble of two."""
    return small.folder(tmp_path / "teacher", members=2)


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def rename_token(path: Path) -> None:
    """Another tokenizer of the same size."""
    path.write_text(path.read_text(encoding="utf-8").replace("he", "hx"), encoding="utf-8")


def change(folder: Path, **values: object) -> None:
    """Write other values into config.json."""
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_teacher_comes_back(folder: Path) -> None:
    """Configuration, weights bit for bit, and vocabulary."""
    read = load_teacher(folder)

    config = replace(small.CONFIG, vocab_size=300, context=64)
    assert config == read.ensemble.config
    for seed, member in enumerate(read.ensemble.members):
        saved = small.teacher(seed, config)
        assert all(map(torch.equal, saved.parameters(), member.parameters()))
    assert tiny.vocabulary().to_json() == read.vocabulary.to_json()


def test_provenance_is_kept(folder: Path) -> None:
    """As JSON that people can read, and in what a run stores."""
    read = load_teacher(folder)

    assert json.loads((folder / "config.json").read_text())["about"]["train"] == {"epochs": 1}
    assert read.reference() == {
        "folder": str(folder.resolve()),
        "sha256": sha256((folder / "config.json").read_bytes()).hexdigest(),
        "members": 2,
        "model": read.ensemble.config.to_json(),
        "train": {"epochs": 1},
        "data": {"files": ["toy.txt"]},
    }


def test_digest_stands_for_every_file(folder: Path, tmp_path: Path) -> None:
    """The same teacher gives the same one; other weights another."""
    same = small.folder(tmp_path / "same", members=2)
    other = small.folder(tmp_path / "other", members=2, first_seed=5)

    assert load_teacher(folder).digest == load_teacher(same).digest
    assert load_teacher(folder).digest != load_teacher(other).digest


def test_half_precision_is_half_the_size(folder: Path, tmp_path: Path) -> None:
    """It is read back as float32."""
    whole = load_teacher(folder)
    save_teacher(tmp_path / "half", whole.ensemble, whole.vocabulary, {}, torch.float16)

    read = load_teacher(tmp_path / "half").ensemble
    size = (folder / "member0.safetensors").stat().st_size
    assert (tmp_path / "half" / "member0.safetensors").stat().st_size < 0.6 * size
    embedding = whole.ensemble.members[0].embedding
    assert torch.equal(embedding.half().float(), read.members[0].embedding)


def test_smaller_ensemble_takes_the_place(folder: Path) -> None:
    """Saving again replaces what was there."""
    small.folder(folder, members=1, first_seed=7)

    (member,) = load_teacher(folder).ensemble.members
    config = replace(small.CONFIG, vocab_size=300, context=64)
    assert torch.equal(small.teacher(7, config).embedding, member.embedding)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "config.json").unlink(), "config.json: no teacher there"),
        (lambda f: (f / "config.json").write_text("{"), "config.json: damaged"),
        (lambda f: change(f, format=1), "config.json: teacher format 1 is not 2"),
        (lambda f: change(f, sha256={}), "config.json: damaged ('tokenizer.json')"),
        (lambda f: change(f, sha256=None), "config.json: damaged"),
        (lambda f: change(f, model={"width": 3}), "config.json: damaged"),
        (lambda f: change(f, model={"vocab_size": 300, "width": 3}), "config.json: damaged"),
        (lambda f: change(f, about=7), "config.json: damaged"),
        (lambda f: (f / "member1.safetensors").unlink(), "member1.safetensors: not readable"),
        (lambda f: flip(f / "member1.safetensors"), "member1.safetensors: damaged, its SHA-256"),
        (lambda f: (f / "tokenizer.json").unlink(), "tokenizer.json: not readable"),
        (lambda f: rename_token(f / "tokenizer.json"), "tokenizer.json: damaged, its SHA-256"),
        (
            lambda f: change(f, model={"vocab_size": 301, "width": 16, "layers": 2, "heads": 2}),
            "tokenizer.json: belongs to another teacher, vocab_size = 300 and not 301",
        ),
        (
            lambda f: change(f, model={"vocab_size": 300, "width": 32, "layers": 2, "heads": 2}),
            "member0.safetensors: its weights do not fit config.json",
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


def test_weights_that_diverged_are_refused(folder: Path) -> None:
    """A teacher of NaN teaches nothing."""
    read = load_teacher(folder)
    torch.nn.init.constant_(read.ensemble.members[0].embedding, float("nan"))
    save_teacher(folder, read.ensemble, read.vocabulary, {})

    with pytest.raises(CheckpointError, match=r"member0\.safetensors: embedding is not finite"):
        load_teacher(folder)


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file is in its place."""
    (tmp_path / "file").write_text("")

    with pytest.raises(CheckpointError, match="file: not writable"):
        small.folder(tmp_path / "file")
