"""Sessions: from a command line to a trainer."""

from pathlib import Path

import pytest
import torch

from realsam.errors import BackendUnavailableError, DataError
from realsam.train.corpus import MAX_VALIDATION
from realsam.train.device import pick_device
from realsam.train.session import prepare, resumed
from tests import tiny


def test_device_cpu_is_always_there() -> None:
    """By name; auto finds something."""
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device("auto").type in {"cpu", "cuda", "mps"}


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_missing_device_is_one_line(device: str) -> None:
    """The cure is to let it choose."""
    module = torch.cuda if device == "cuda" else torch.backends.mps
    if module.is_available():
        pytest.skip(f"{device} is here")

    with pytest.raises(BackendUnavailableError, match=f"device {device} is not available"):
        pick_device(device)


def test_size_of_the_model_can_be_chosen(tmp_path: Path) -> None:
    """More layers take more chip steps per token."""
    model = tiny.session(tmp_path, layers=3, width=128).trainer.model

    assert (model.config.layers, model.config.width, model.config.steps_per_token) == (3, 128, 7)


def test_every_fiftieth_story_validates(tmp_path: Path) -> None:
    """Without a validation text; they are not trained on."""
    session = tiny.session(tmp_path)
    text = (tmp_path / "stories.txt").read_text(encoding="utf-8")
    stories = text.split("\n<|endoftext|>\n")

    assert session.trainer._validation == stories[::50]
    held_out = sum(len(tiny.vocabulary().encode(s)) for s in stories[::50])
    assert held_out > 0
    assert session.trainer._windows.n_tokens < sum(
        len(session.trainer._vocabulary.encode(s)) + 1 for s in stories
    )


def test_validation_text_is_used_up_to_its_limit(tmp_path: Path) -> None:
    """200 documents."""
    text, valid = tiny.corpus(tmp_path), tmp_path / "valid.txt"
    valid.write_text("\n<|endoftext|>\n".join(["Hi."] * (MAX_VALIDATION + 5)))

    session = prepare([text], valid, "tiny", tiny.TRAINING, "cpu", tmp_path / "run")

    assert session.trainer._validation == ["Hi."] * MAX_VALIDATION


def test_single_document_leaves_nothing_to_validate_on(tmp_path: Path) -> None:
    """The cure is to give a validation text, and then it works."""
    text = tmp_path / "one.txt"
    text.write_text("Once upon a time. " * 30)

    with pytest.raises(DataError, match="is a single document, none is left to validate on"):
        tiny.session(tmp_path, text)
    assert not (tmp_path / "run").exists()
    prepare([text], text, "tiny", tiny.TRAINING, "cpu", tmp_path / "run")


def test_vocabulary_is_as_large_as_the_text_allows(tmp_path: Path) -> None:
    """A small text does not fill 4096 tokens; the model is no larger than needed."""
    session = tiny.session(tmp_path, vocab_size=4096)

    assert 257 < session.trainer.model.config.vocab_size < 4096


def test_story_tells_what_is_trained(tmp_path: Path) -> None:
    """Tokens, streams, parameters, device, folder."""
    session = tiny.session(tmp_path)

    n_parameters = sum(p.numel() for p in session.trainer.model.parameters())
    assert f"{session.trainer._windows.n_tokens:,} tokens of text in 4 streams" in session.story
    assert f"{n_parameters:,} parameters on cpu" in session.story
    assert str(session.folder) in session.story


@pytest.mark.parametrize("option", ["vocab_size", "lr", "matrix_lr", "seed", "window"])
def test_resume_keeps_the_runs_own_options(tmp_path: Path, option: str) -> None:
    """The option is named as it is typed; nothing is read before."""
    with pytest.raises(
        DataError, match=f"--resume keeps the run's own --{option.replace('_', '-')}"
    ):
        resumed(tmp_path, {option: 1, "steps": 9}, "cpu")


def test_finished_run_needs_more_steps(tmp_path: Path) -> None:
    """There is nothing to go on with."""
    session = tiny.session(tmp_path, steps=1)
    session.trainer.train(lambda _: None)

    with pytest.raises(DataError, match="already stands at step 1; give more --steps"):
        resumed(session.folder, {}, "cpu")
