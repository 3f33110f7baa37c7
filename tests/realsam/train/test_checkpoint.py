"""Checkpoints: round trip, parts, interruption, damage."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from realsam.errors import CheckpointError
from realsam.train import checkpoint as module
from realsam.train.checkpoint import (
    Checkpoint,
    checkpoint_file,
    load_checkpoint,
    random_state,
    restore_random_state,
    save_checkpoint,
)

CPU = torch.device("cpu")
PART = 1000  # bytes, in these tests


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny checkpoint has several parts, too."""
    monkeypatch.setattr(module, "PART_BYTES", PART)


def checkpoint(step: int = 3) -> Checkpoint:
    """Something of everything."""
    return Checkpoint(
        model_config={"width": 8, "half_life": (0.7, 20.0)},
        train_config={"steps": 9},
        step=step,
        position=(1, 2),
        model={"weight": torch.arange(4.0) + step},
        optimizers=[{"state": {0: {"m": torch.ones(2)}}, "param_groups": [{"lr": 0.1}]}],
        state=[torch.zeros(2, 3)],
        random={name: state[None] for name, state in random_state(CPU).items()},
    )


def files(run: Path) -> list[str]:
    """Names in the checkpoint's folder."""
    return sorted(path.name for path in (run / "checkpoint").iterdir())


def index(run: Path) -> dict[str, object]:
    """What the index says."""
    return json.loads((run / "checkpoint" / "index.json").read_text())


def test_round_trip_keeps_everything(tmp_path: Path) -> None:
    """Every field."""
    saved = checkpoint()

    save_checkpoint(saved, tmp_path)
    loaded = load_checkpoint(tmp_path)

    for field in ("model_config", "train_config", "step", "position"):
        assert getattr(saved, field) == getattr(loaded, field)
    assert torch.equal(saved.model["weight"], loaded.model["weight"])
    assert torch.equal(saved.state[0], loaded.state[0])
    assert torch.equal(saved.random["cpu"], loaded.random["cpu"])
    assert loaded.optimizers[0]["param_groups"] == [{"lr": 0.1}]
    assert torch.equal(torch.ones(2), loaded.optimizers[0]["state"][0]["m"])


def test_index_lists_every_part(tmp_path: Path) -> None:
    """Order, size and digest; no part is larger than allowed, all but the last are full."""
    save_checkpoint(checkpoint(), tmp_path)

    found = index(tmp_path)
    sizes = [(tmp_path / "checkpoint" / p["name"]).stat().st_size for p in found["parts"]]

    assert (found["format"], found["step"]) == (2, 3)
    assert [p["size"] for p in found["parts"]] == sizes
    assert set(sizes[:-1]) == {PART}
    assert len(sizes) > 5
    assert files(tmp_path) == ["index.json", *(p["name"] for p in found["parts"])]


def test_parts_stay_below_15_mb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real limit: 15,000,000 bytes, with a tensor that is larger than one part."""
    monkeypatch.undo()
    large = checkpoint()
    large.model["weight"] = torch.randn(4_000_000)

    save_checkpoint(large, tmp_path)

    sizes = [p["size"] for p in index(tmp_path)["parts"]]
    assert sizes[0] == 15_000_000
    assert len(sizes) == 2
    assert torch.equal(large.model["weight"], load_checkpoint(tmp_path).model["weight"])


def test_next_checkpoint_takes_the_place_of_the_last(tmp_path: Path) -> None:
    """Nothing of the old one is left, nor of a save that was killed."""
    save_checkpoint(checkpoint(step=3), tmp_path)
    (tmp_path / "checkpoint" / "part-00001-0123456789ab.bin.partial").write_bytes(b"half")
    (tmp_path / "checkpoint" / "notes.txt").write_text("mine")

    save_checkpoint(checkpoint(step=4), tmp_path)

    assert load_checkpoint(tmp_path).step == 4
    parts = [p["name"] for p in index(tmp_path)["parts"]]
    assert files(tmp_path) == ["index.json", "notes.txt", *parts]


def test_random_state_goes_on_where_it_was() -> None:
    """The same numbers are drawn again."""
    state = random_state(CPU)
    drawn = torch.rand(5)

    restore_random_state(state, CPU)

    assert torch.equal(drawn, torch.rand(5))


def whole_runs(run: Path, copies: Path) -> Callable[[], None]:
    """Copy the run at each call, as a power cut would leave it."""

    def look() -> None:
        shutil.copytree(run, copies / str(len(list(copies.iterdir()))))

    return look


def test_a_whole_checkpoint_is_there_at_every_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before and after each file that a save writes, renames or deletes."""
    run, copies = tmp_path / "run", tmp_path / "copies"
    run.mkdir()
    copies.mkdir()
    save_checkpoint(checkpoint(step=3), run)
    look = whole_runs(run, copies)
    replace, unlink = Path.replace, Path.unlink

    def replacing(path: Path, target: Path) -> Path:
        look()
        return replace(path, target)

    def unlinking(path: Path, missing_ok: bool = False) -> None:
        look()
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "replace", replacing)
    monkeypatch.setattr(Path, "unlink", unlinking)
    save_checkpoint(checkpoint(step=4), run)
    look()

    steps = [load_checkpoint(copies / str(i)).step for i in range(len(list(copies.iterdir())))]
    assert steps == sorted(steps)
    assert set(steps) == {3, 4}
    assert len(steps) > 20


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
@pytest.mark.parametrize("at", [1, 3])
def test_interrupted_save_keeps_the_old_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, at: int
) -> None:
    """And nothing of the new one."""
    save_checkpoint(checkpoint(step=3), tmp_path)
    before = files(tmp_path)
    synced = []

    def stop(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == at:
            raise error

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises((KeyboardInterrupt, CheckpointError)) as raised:
        save_checkpoint(checkpoint(step=4), tmp_path)

    assert load_checkpoint(tmp_path).step == 3
    assert files(tmp_path) == before
    if raised.type is CheckpointError:
        assert raised.value.message.startswith(f"{tmp_path / 'checkpoint'}: not writable (")


def test_interrupted_first_save_leaves_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no checkpoint yet."""

    def stop(source: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(checkpoint(), tmp_path)

    assert files(tmp_path) == []
    assert not checkpoint_file(tmp_path).exists()


def test_missing_checkpoint_is_named(tmp_path: Path) -> None:
    """The path, and what to give instead."""
    with pytest.raises(CheckpointError) as raised:
        load_checkpoint(tmp_path)

    assert str(raised.value) == (
        f"{tmp_path / 'checkpoint' / 'index.json'}: no checkpoint there; "
        "give the folder of a training run"
    )


def gone(path: Path) -> None:
    """Delete a file."""
    path.unlink()


def half(path: Path) -> None:
    """Keep the first half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    """Change one bit."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("number", [0, 2, -1])
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (gone, "not readable (No such file or directory)"),
        (half, "damaged, {half} bytes and not {whole}"),
        (flip, "damaged, its SHA-256 is not the index's"),
    ],
)
def test_damaged_part_is_named(
    tmp_path: Path, damage: Callable[[Path], None], reason: str, number: int
) -> None:
    """Missing, cut off, or changed in one bit."""
    save_checkpoint(checkpoint(), tmp_path)
    part = index(tmp_path)["parts"][number]
    path = tmp_path / "checkpoint" / part["name"]
    damage(path)

    with pytest.raises(CheckpointError) as raised:
        load_checkpoint(tmp_path)

    reason = reason.format(half=part["size"] // 2, whole=part["size"])
    assert str(raised.value) == f"{path}: {reason}; restore the folder, or train again"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"format": 2}',
        '{"format": 2, "parts": 1}',
        '{"format": 2, "parts": [1]}',
        '{"format": 2, "parts": []}',
        '{"format": 2, "parts": [{"name": "a"}]}',
        '{"format": 2, "parts": [{"name": "../config.json", "size": 1, "sha256": "0"}]}',
        "\ud800",
    ],
)
def test_foreign_index_is_one_line(tmp_path: Path, text: str) -> None:
    """Whatever stands in it; no file outside the folder is read."""
    save_checkpoint(checkpoint(), tmp_path)
    path = tmp_path / "checkpoint" / "index.json"
    path.write_bytes(text.encode(errors="surrogatepass"))

    with pytest.raises(CheckpointError) as raised:
        load_checkpoint(tmp_path)

    assert raised.value.message.startswith(f"{path}: damaged")
    assert "\n" not in str(raised.value)


def test_parts_in_another_order_are_damage(tmp_path: Path) -> None:
    """Each part is whole, the stream is not."""
    save_checkpoint(checkpoint(), tmp_path)
    path = tmp_path / "checkpoint" / "index.json"
    changed = index(tmp_path)
    changed["parts"].reverse()
    path.write_text(json.dumps(changed))

    with pytest.raises(CheckpointError, match=r"index\.json: damaged"):
        load_checkpoint(tmp_path)


def test_reader_follows_a_checkpoint_that_is_replaced_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run can be exported while it trains."""
    save_checkpoint(checkpoint(step=3), tmp_path)
    read, calls = Path.read_bytes, []

    def reading(path: Path) -> bytes:
        calls.append(path)
        if len(calls) == 3:
            save_checkpoint(checkpoint(step=4), tmp_path)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", reading)

    assert load_checkpoint(tmp_path).step == 4


def test_format_1_is_still_read(tmp_path: Path) -> None:
    """One file, one random state; the next checkpoint takes its place."""
    old = checkpoint()
    stored = {"format": 1, **vars(old), "random": {"cpu": old.random["cpu"][0]}}
    torch.save(stored, tmp_path / "checkpoint.pt")

    loaded = load_checkpoint(tmp_path)
    assert checkpoint_file(tmp_path) == tmp_path / "checkpoint.pt"
    assert loaded.step == 3
    assert torch.equal(old.random["cpu"], loaded.random["cpu"])

    save_checkpoint(checkpoint(step=4), tmp_path)
    assert load_checkpoint(tmp_path).step == 4
    assert not (tmp_path / "checkpoint.pt").exists()


@pytest.mark.parametrize("content", ["empty", "half", "text", "other object", "no step"])
def test_damaged_format_1_is_one_line(tmp_path: Path, content: str) -> None:
    """Whatever torch makes of it."""
    path = tmp_path / "checkpoint.pt"
    torch.save({"format": 1, **vars(checkpoint())}, path)
    whole = path.read_bytes()
    if content == "other object":
        torch.save([1, 2], path)
    elif content == "no step":
        torch.save({"format": 1, "model": {}}, path)
    else:
        path.write_bytes(
            {"empty": b"", "half": whole[: len(whole) // 2], "text": b"x" * 99}[content]
        )

    with pytest.raises(CheckpointError) as raised:
        load_checkpoint(tmp_path)

    assert raised.value.message.startswith(f"{path}: damaged (")
    assert "\n" not in str(raised.value)


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    """A pickled function is damage, in either format."""
    unsafe = checkpoint()
    unsafe.model_config = {"width": print}
    torch.save({"format": 1, **vars(unsafe)}, tmp_path / "checkpoint.pt")

    with pytest.raises(CheckpointError, match=r"checkpoint\.pt: damaged"):
        load_checkpoint(tmp_path)
    save_checkpoint(unsafe, tmp_path)
    with pytest.raises(CheckpointError, match=r"index\.json: damaged"):
        load_checkpoint(tmp_path)


def test_other_format_is_named(tmp_path: Path) -> None:
    """A later version's index."""
    save_checkpoint(checkpoint(), tmp_path)
    (tmp_path / "checkpoint" / "index.json").write_text('{"format": 3}')

    with pytest.raises(CheckpointError, match="checkpoint format 3 is not 2; train again"):
        load_checkpoint(tmp_path)
