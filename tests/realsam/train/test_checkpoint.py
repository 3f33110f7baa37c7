"""Checkpoints: round trip, interruption, damage."""

from pathlib import Path

import pytest
import torch

from realsam.errors import CheckpointError
from realsam.train.checkpoint import (
    FILE,
    Checkpoint,
    load_checkpoint,
    random_state,
    restore_random_state,
    save_checkpoint,
)

CPU = torch.device("cpu")


def checkpoint(step: int = 3) -> Checkpoint:
    """Something of everything."""
    return Checkpoint(
        model_config={"width": 8, "half_life": (0.7, 20.0)},
        train_config={"steps": 9},
        step=step,
        position=(1, 2),
        model={"weight": torch.arange(4.0)},
        optimizers=[{"state": {0: {"m": torch.ones(2)}}, "param_groups": [{"lr": 0.1}]}],
        state=[torch.zeros(2, 3)],
        random=random_state(CPU),
    )


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


def test_random_state_goes_on_where_it_was() -> None:
    """The same numbers are drawn again."""
    state = random_state(CPU)
    drawn = torch.rand(5)

    restore_random_state(state, CPU)

    assert torch.equal(drawn, torch.rand(5))


def test_interrupted_save_keeps_the_old_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file changes in one piece or not at all."""
    save_checkpoint(checkpoint(step=3), tmp_path)

    def stop(stored: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(checkpoint(step=4), tmp_path)

    assert load_checkpoint(tmp_path).step == 3


def test_missing_checkpoint_is_named(tmp_path: Path) -> None:
    """The path, and what to give instead."""
    with pytest.raises(CheckpointError) as raised:
        load_checkpoint(tmp_path)

    assert str(raised.value) == (
        f"{tmp_path / FILE}: no checkpoint there; give the folder of a training run"
    )


@pytest.mark.parametrize("content", ["empty", "half", "text", "other object", "no step"])
def test_damaged_checkpoint_is_one_line(tmp_path: Path, content: str) -> None:
    """Whatever torch makes of it."""
    save_checkpoint(checkpoint(), tmp_path)
    path = tmp_path / FILE
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
    """A pickled function is damage."""
    torch.save({"format": 1, "step": print}, tmp_path / FILE)

    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(tmp_path)


def test_other_format_is_named(tmp_path: Path) -> None:
    """A later version's file."""
    torch.save({"format": 2}, tmp_path / FILE)

    with pytest.raises(CheckpointError, match="checkpoint format 2 is not 1; train again"):
        load_checkpoint(tmp_path)
