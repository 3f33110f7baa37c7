"""Sessions: from a command line to a trainer."""

from pathlib import Path

import numpy as np
import pytest
import torch

from realsam.errors import BackendUnavailableError, CheckpointError, DataError
from realsam.train.corpus import MAX_VALIDATION
from realsam.train.device import pick_device
from realsam.train.session import prepare, resumed
from tests import tiny
from tests.realsam.cli.conftest import call


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


def prepared_text(folder: Path, *options: object) -> Path:
    """Sixty stories as `realsam data prepare` writes them."""
    words = [tiny.corpus(folder), "--out", folder / "text", "--vocab-size", 300, *options]
    assert call("data", "prepare", *words).exit_code == 0
    return folder / "text"


def test_prepared_text_trains_as_its_files_do(tmp_path: Path) -> None:
    """The same vocabulary, windows and validation; the tokens stay on disk."""
    raw = tiny.session(tmp_path)

    session = tiny.session(tmp_path / "b", prepared_text(tmp_path))

    assert session.trainer._windows.digest == raw.trainer._windows.digest
    assert isinstance(session.trainer._windows._text, np.memmap)
    assert session.trainer._validation == raw.trainer._validation
    assert session.trainer._vocabulary.to_json() == raw.trainer._vocabulary.to_json()


def test_run_on_prepared_text_goes_on(tmp_path: Path) -> None:
    """While the folder holds the same."""
    session = tiny.session(tmp_path / "b", prepared_text(tmp_path), steps=2, eval_every=1)
    session.trainer.train(lambda _: None)

    again = resumed(session.folder, {"steps": 3}, "cpu")
    assert again.trainer._windows.digest == session.trainer._windows.digest

    words = ("--out", tmp_path / "text", "--tokenizer", session.folder, "--valid-share", 0.5)
    assert call("data", "prepare", tiny.corpus(tmp_path), *words).exit_code == 0
    with pytest.raises(CheckpointError, match="its training text is another than before"):
        resumed(session.folder, {"steps": 3}, "cpu")


def test_prepared_text_may_be_validated_on_a_file(tmp_path: Path) -> None:
    """In place of its own documents, or where it has none."""
    text, valid = prepared_text(tmp_path, "--valid-share", 0), tmp_path / "valid.txt"
    valid.write_text("Hi.")

    with pytest.raises(DataError, match="text: holds no document to validate on; give --valid"):
        tiny.session(tmp_path / "b", text)
    session = prepare([text], valid, "tiny", tiny.TRAINING, "cpu", tmp_path / "run")

    assert session.trainer._validation == ["Hi."]


def test_prepared_text_brings_its_vocabulary(tmp_path: Path) -> None:
    """Another size, or another vocabulary in a run that goes on, is refused."""
    text = prepared_text(tmp_path)
    session = tiny.session(tmp_path / "b", text, steps=1)
    session.trainer.train(lambda _: None)

    with pytest.raises(DataError, match="vocab_size = 299 is not the prepared text's 300"):
        tiny.session(tmp_path / "c", text, vocab_size=299)
    assert not (tmp_path / "c" / "run").exists()
    prepared_text(tmp_path, "--vocab-size", 290)
    with pytest.raises(DataError, match="text: its tokens are of another vocabulary"):
        resumed(session.folder, {"steps": 3}, "cpu")


def test_prepared_text_is_a_whole_text(tmp_path: Path) -> None:
    """One folder, or files."""
    text = prepared_text(tmp_path)

    for files in ([text, text], [tiny.corpus(tmp_path), text]):
        with pytest.raises(DataError, match="text: a prepared folder is a whole text"):
            prepare(files, None, "tiny", tiny.TRAINING, "cpu", tmp_path / "run")
