"""The file of a talk: whole, bound to its network, and refused if anything is wrong with it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from realsam.chat import saved as module
from realsam.chat.saved import Saved, load, refuse_foreign, save
from realsam.chat.talk import Place
from realsam.errors import RunError
from realsam.ir import Sampler, to_network
from realsam.ir.tensor_file import load_tensors, save_tensors
from sim.reference import Reference
from sim.token_engine import TokenEngine
from tests import tiny

NETWORK = to_network(tiny.clock())
HOST = tiny.host(vocab=4, readout=5)


def talk(**changes: object) -> Saved:
    """A talk of the tiny clock on the simulator."""
    engine = TokenEngine(NETWORK)
    engine.token(np.ones(2, np.uint8))
    sampler = Sampler(0.5, 3, 2**64 - 1, 0.25, 1.5)
    place, state = Place(9, (0, 1, 2)), engine.snapshot()
    whole = Saved(NETWORK.digest, "sim", sampler, place, True, 4, state)
    return replace(whole, **changes)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    """Every field, the largest seed included."""
    kept = talk()

    save(kept, tmp_path / "a.talk")
    read = load(tmp_path / "a.talk")

    assert replace(kept, state={}).__dict__ == replace(read, state={}).__dict__
    assert {n: v.tolist() for n, v in kept.state.items()} == {
        n: v.tolist() for n, v in read.state.items()
    }
    refuse_foreign(read, NETWORK, HOST, TokenEngine(NETWORK))


@pytest.mark.parametrize("keep", [0, 7, 8, 300, -1])
def test_cut_file_is_refused(tmp_path: Path, keep: int) -> None:
    """Wherever it was cut."""
    path = tmp_path / "a.talk"
    save(talk(), path)
    path.write_bytes(path.read_bytes()[:keep])

    with pytest.raises(RunError, match=r"a\.talk: not a readable talk \(.*\); give a file that"):
        load(path)


def test_every_changed_byte_is_noticed(tmp_path: Path) -> None:
    """In the arrays and in the plain values: never another talk in silence."""
    path = tmp_path / "a.talk"
    save(talk(), path)
    whole = path.read_bytes()
    for at in range(8, len(whole), 7):
        damaged = bytearray(whole)
        damaged[at] ^= 1
        path.write_bytes(damaged)

        with pytest.raises(RunError, match=r"a\.talk: (damaged|not a readable talk|talk format)"):
            load(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    """Missing, a folder, text, the arrays of something else."""
    (tmp_path / "text").write_text("Once upon a time")
    save_tensors(tmp_path / "arrays", {"a": np.zeros(2)}, realsam={"format": 1})
    for name in ("missing", ".", "text", "arrays"):
        with pytest.raises(RunError, match="not a readable talk"):
            load(tmp_path / name)


def test_later_format_is_named(tmp_path: Path) -> None:
    """Before anything else is asked of it."""
    path = tmp_path / "a.talk"
    save(talk(), path)
    state, about = load_tensors(path)
    save_tensors(path, state, talk=about["talk"] | {"format": 2}, sha256="")

    with pytest.raises(RunError, match=r"a\.talk: talk format 2 is not 1"):
        load(path)


def test_other_files_are_not_overwritten(tmp_path: Path) -> None:
    """A talk is, by a newer one."""
    story = tmp_path / "story.txt"
    story.write_text("Once upon a time")

    with pytest.raises(RunError, match=r"story\.txt: holds something else than a talk; give /save"):
        save(talk(), story)
    save(talk(), tmp_path / "a.talk")
    save(talk(n_turns=5), tmp_path / "a.talk")

    assert story.read_text() == "Once upon a time"
    assert load(tmp_path / "a.talk").n_turns == 5


def test_failed_write_keeps_the_older_talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the disk is full."""
    path = tmp_path / "a.talk"
    save(talk(), path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("realsam.ir.tensor_file.save_file", full)
    with pytest.raises(RunError, match=r"a\.talk: cannot be written \(No space left on device\)"):
        save(talk(n_turns=5), path)

    assert load(path).n_turns == 4
    assert [file.name for file in tmp_path.iterdir()] == ["a.talk"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "0" * 64}, "the talk is that of another network"),
        ({"place": Place(9, (0, 4))}, "the talk is that of another vocabulary"),
        ({"state": {}}, "this backend cannot take up the state of backend sim"),
    ],
)
def test_foreign_talk_is_refused(changes: dict[str, object], message: str) -> None:
    """Another network, another vocabulary, another kind of state."""
    with pytest.raises(RunError, match=message):
        refuse_foreign(talk(**changes), NETWORK, HOST, TokenEngine(NETWORK))


def test_talk_of_another_backend_names_it() -> None:
    """The reference keeps more than the simulator; Lava keeps it to itself."""
    for engine in (Reference(NETWORK), None):
        with pytest.raises(RunError, match="talk with --backend sim"):
            refuse_foreign(talk(), NETWORK, HOST, engine)


def test_bytes_of_a_talk_do_not_change(tmp_path: Path) -> None:
    """The plain values of format 1, to the letter."""
    save(talk(), tmp_path / "a.talk")

    _, about = load_tensors(tmp_path / "a.talk")

    assert module.FORMAT == 1
    assert json.dumps(about["talk"] | {"network": ""}) == (
        '{"format": 1, "network": "", "backend": "sim", "sampler": {"seed": '
        '18446744073709551615, "temperature": 0.5, "top_k": 3, "top_p": 0.25, '
        '"repetition_penalty": 1.5}, '
        '"place": {"position": 9, "tail": [0, 1, 2]}, "is_open": true, "n_turns": 4}'
    )
