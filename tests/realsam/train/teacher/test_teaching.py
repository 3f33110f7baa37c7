"""Teaching: from a command line to a teacher folder, whatever happens on the way."""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from realsam.errors import DataError, TrainingError
from realsam.train.config import PRESETS as STUDENTS
from realsam.train.teacher import teaching as teaching_module
from realsam.train.teacher.folder import load_teacher
from realsam.train.teacher.teaching import PRESETS, Teaching, prepare_teacher
from realsam.train.teacher.text import Text
from realsam.train.teacher.training import Epoch
from tests import tiny
from tests.realsam.cli.conftest import call
from tests.realsam.train.teacher import small

SIZES = {"vocab_size": 300, "width": 16, "layers": 1, "epochs": 2, "lr": 1e-2}


def teaching(folder: Path, members: int = 1, **changes: Any) -> Teaching:
    """Some small teachers, not trained yet."""
    text = tiny.corpus(folder)
    return prepare_teacher(
        [text], None, "tiny", SIZES | changes, None, "cpu", folder / "teacher", members
    )


def train(session: Teaching, hear: Callable[[Epoch], None] = lambda _: None) -> dict[str, Any]:
    """Train them."""
    return session.train(hear, lambda _: None)


def interrupt_at(member: int, epoch: int) -> Callable[[Epoch], None]:
    """A listener that ends the training when it hears of an epoch."""

    def hear(now: Epoch) -> None:
        if (now.seed, now.epoch) == (member, epoch):
            raise KeyboardInterrupt

    return hear


def test_score_is_of_every_held_out_token(tmp_path: Path) -> None:
    """Each story cold, with its closing end-of-text, by the teacher that was kept."""
    score = train(teaching(tmp_path, members=2))

    kept = load_teacher(tmp_path / "teacher")
    held_out = kept.vocabulary.encode_all(tiny.stories()[::50])
    text = Text.of(held_out, kept.vocabulary.end_of_text, small.CPU)
    *alone, nats = kept.ensemble.nats(text).tolist()
    assert score["tokens"] == sum(len(d) + 1 for d in held_out)
    assert score["nats_per_token"] == pytest.approx(nats)
    assert score["member_nats_per_token"] == pytest.approx(alone)
    assert kept.about["held_out"] == score


def test_epochs_lower_the_score(tmp_path: Path) -> None:
    """And are told one by one."""
    heard: list[Epoch] = []

    score = train(teaching(tmp_path, epochs=4), heard.append)

    assert [epoch.epoch for epoch in heard] == [1, 2, 3, 4]
    assert score["nats_per_token"] < heard[0].held_out_nats


def test_folder_says_how_it_was_trained(tmp_path: Path) -> None:
    """Versions, training, text by name and digest."""
    train(teaching(tmp_path))
    student = tiny.session(tmp_path)

    about = load_teacher(tmp_path / "teacher").about
    data = json.loads((student.folder / "config.json").read_text())["data"]
    assert about["data"]["files"] == ["stories.txt"]
    assert about["data"]["sha256"] == data["sha256"]
    assert (about["preset"], about["train"]["epochs"]) == ("tiny", 2)
    assert about["torch"] == torch.__version__


def test_vocabulary_is_the_one_that_training_learns(tmp_path: Path) -> None:
    """To the last merge."""
    train(teaching(tmp_path))
    student = tiny.session(tmp_path)

    names = (tmp_path / "teacher", student.folder)
    first, second = ((folder / "tokenizer.json").read_text() for folder in names)
    assert first == second


@pytest.mark.parametrize("name", ["run", "run/tokenizer.json"])
def test_vocabulary_can_be_taken_over(tmp_path: Path, name: str) -> None:
    """From a folder that holds one, or from a file."""
    text = tiny.corpus(tmp_path)
    (tmp_path / "run").mkdir()
    content = tiny.vocabulary(320).to_json()
    (tmp_path / "run" / "tokenizer.json").write_text(content, encoding="utf-8")
    sizes = {n: v for n, v in SIZES.items() if n != "vocab_size"}

    train(
        prepare_teacher([text], None, "tiny", sizes, tmp_path / name, "cpu", tmp_path / "teacher")
    )

    assert (tmp_path / "teacher" / "tokenizer.json").read_text() == content
    assert load_teacher(tmp_path / "teacher").ensemble.config.vocab_size == 320


def test_prepared_text_teaches_as_its_files_do(tmp_path: Path) -> None:
    """The same tokens, the same held-out stories, the vocabulary that it brings."""
    folder, raw = tmp_path / "text", teaching(tmp_path)
    words = (tmp_path / "stories.txt", "--out", folder, "--vocab-size", 300)
    assert call("data", "prepare", *words).exit_code == 0
    sizes = {name: value for name, value in SIZES.items() if name != "vocab_size"}

    found = prepare_teacher([folder], None, "tiny", sizes, None, "cpu", tmp_path / "other")

    assert found.training.text.digest == raw.training.text.digest
    assert found.training.held_out.digest == raw.training.held_out.digest
    with pytest.raises(DataError, match="vocab_size = 299 is not the prepared text's 300"):
        prepare_teacher(
            [folder], None, "tiny", sizes | {"vocab_size": 299}, None, "cpu", tmp_path / "other"
        )


def test_interruption_before_the_first_evaluation_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a folder."""
    session = teaching(tmp_path)
    monkeypatch.setattr("realsam.train.teacher.training.packed", interrupting)

    with pytest.raises(TrainingError) as raised:
        train(session)

    assert str(raised.value) == "teaching was interrupted, and nothing was kept; run it again"
    assert isinstance(raised.value.__context__, KeyboardInterrupt)
    assert not session.folder.exists()


def interrupting(*_: object) -> object:
    """Ctrl-C."""
    raise KeyboardInterrupt


def test_interruption_keeps_the_best_copies(tmp_path: Path) -> None:
    """Of two members of three, and says how good they are."""
    session = teaching(tmp_path, members=3)

    with pytest.raises(TrainingError) as raised:
        train(session, interrupt_at(1, 1))

    kept = load_teacher(session.folder)
    assert len(kept.ensemble.members) == 2
    assert raised.value.message == (
        f"teaching was interrupted; {session.folder} keeps the best of 2 of 3 members, "
        f"{kept.about['held_out']['nats_per_token']:.4f} held-out nats per token"
    )


def test_second_interruption_is_too_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the copies are written; later ones are heard again."""
    session, whole = teaching(tmp_path), teaching_module.save_teacher

    def disturbed(*what: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        whole(*what)

    monkeypatch.setattr(teaching_module, "save_teacher", disturbed)

    with pytest.raises(TrainingError, match="keeps the best of 1 of 1 members"):
        train(session, interrupt_at(0, 1))

    assert load_teacher(session.folder).about["held_out"]["members"] == 1
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_divergence_keeps_the_members_before(tmp_path: Path) -> None:
    """The second of two fails in its first epoch."""
    session = teaching(tmp_path, members=2)

    def diverge(epoch: Epoch) -> None:
        if epoch.seed == 1:
            raise DataError("epoch 1: the loss is nan", "start again with a lower --lr")

    with pytest.raises(TrainingError, match=r"the loss is nan; .* keeps the best of 2 of 2"):
        train(session, diverge)


def test_divergence_is_one_line(tmp_path: Path) -> None:
    """The loss, and the option to lower."""
    with pytest.raises(TrainingError) as raised:
        train(teaching(tmp_path, lr=1e30))

    assert str(raised.value) == (
        "epoch 1: the loss is nan, and nothing was kept; start again with a lower --lr"
    )


def test_lack_of_memory_names_the_batch_to_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it."""
    session = teaching(tmp_path)
    full = lambda *_: torch.empty(1 << 58)  # noqa: E731
    monkeypatch.setattr("realsam.train.teacher.training.packed", full)

    with pytest.raises(TrainingError) as raised:
        train(session)

    assert str(raised.value) == (
        "cpu: out of memory with batch = 8, context = 256, width = 16, and nothing was kept; "
        "use --batch 4"
    )


def test_folder_that_is_in_use_is_refused(tmp_path: Path) -> None:
    """A run, a teacher, or a file; before any text is read."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("{}")

    for name, reason in (("run", "already holds a teacher or a run"), ("run/config.json", "is a")):
        with pytest.raises(DataError, match=reason):
            prepare_teacher([tmp_path / "no"], None, "tiny", {}, None, "cpu", tmp_path / name)


@pytest.mark.parametrize(
    ("tokenizer", "message"),
    [
        ("nowhere", "nowhere: not readable"),
        ("empty", "tokenizer.json: not readable"),
        ("stories.txt", "stories.txt: not a readable tokenizer"),
        ("tokenizer.json", "vocab_size = 300 is not the tokenizer's 320"),
    ],
)
def test_unusable_tokenizer_is_named(tmp_path: Path, tokenizer: str, message: str) -> None:
    """Missing, no tokenizer, or of another size than asked for."""
    text = tiny.corpus(tmp_path)
    (tmp_path / "empty").mkdir()
    content = tiny.vocabulary(320).to_json()
    (tmp_path / "tokenizer.json").write_text(content, encoding="utf-8")
    path, out = tmp_path / tokenizer, tmp_path / "out"

    with pytest.raises(DataError) as raised:
        prepare_teacher([text], None, "tiny", SIZES, path, "cpu", out)

    assert message in str(raised.value)
    assert raised.value.cure
    assert not out.exists()


@pytest.mark.parametrize(
    ("width", "heads"), [(2, 1), (64, 1), (127, 1), (128, 2), (200, 2), (320, 5), (512, 8)]
)
def test_heads_share_the_width(tmp_path: Path, width: int, heads: int) -> None:
    """Of 64 channels or more, an even number each."""
    if width == 127:
        with pytest.raises(DataError, match="width = 127 is no multiple of 2"):
            teaching(tmp_path, width=width)
        return

    assert teaching(tmp_path, width=width).training.config.heads == heads


@pytest.mark.parametrize("name", PRESETS)
def test_presets_suit_the_students(name: str) -> None:
    """The same vocabulary, and the sizes that their own width would get."""
    model = PRESETS[name].model

    assert model.vocab_size == STUDENTS[name].model.vocab_size
    assert model == replace(model, heads=model.width // 64)


def test_story_tells_what_is_trained(tmp_path: Path) -> None:
    """Tokens, members, parameters, device, folder."""
    session = teaching(tmp_path, members=2)

    n_parameters = 300 * 16 + (3 + 1 + 4 + 4) * 16 * 16
    n_tokens = session.training.text.n_predictions
    assert session.story == (
        f"{n_tokens:,} tokens of text, 2 x {n_parameters:,} parameters on cpu, "
        f"teacher {session.folder}"
    )
