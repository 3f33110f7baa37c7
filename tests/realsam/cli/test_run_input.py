"""Input spikes of `realsam run`: every way to save them, and all that can be wrong."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from realsam.arrays import U8
from realsam.ir import Replay
from sim import reference
from tests.realsam.cli.conftest import call, error, everything, parsed
from tests.realsam.cli.runs import half, network, run, spikes


def padded(rows: int) -> U8:
    """The input and then silence, or its beginning."""
    silence = np.zeros((max(0, rows - 30), 2), np.uint8)
    return np.concatenate([spikes(), silence])[:rows]


@pytest.mark.parametrize("rows", [1, 29, 30, 31, 77])
def test_steps_cut_the_input_or_go_on_in_silence(folder: Path, rows: int) -> None:
    """So many rows are played."""
    values = parsed(call(*run(folder, "--steps", rows, "--format", "json")))

    assert (values["tokens"], values["steps"]) == (rows, 7 * rows)
    assert values["digests"] == reference.run(network(), Replay(padded(rows))).digests()


def test_cut_input_is_said(folder: Path) -> None:
    """On stderr, so that nobody is surprised."""
    assert call(*run(folder, "--steps", 10)).stderr == "the last 20 of 30 rows are left out\n"
    assert call(*run(folder)).stderr == ""


def saved_as_bool(path: Path) -> None:
    """Truth values in .npy."""
    with path.open("wb") as file:
        np.save(file, spikes().astype(bool))


def saved_as_float(path: Path) -> None:
    """Fractions that are none, column by column."""
    np.savez(path, x=np.asfortranarray(spikes().astype(np.float32)))


def saved_compressed(path: Path) -> None:
    """Signed and packed."""
    np.savez_compressed(path, spikes().astype(np.int64))


def saved_among_others(path: Path) -> None:
    """The name decides."""
    np.savez(path, a=np.zeros(3), spikes=spikes(), z=np.ones((30, 2)))


@pytest.mark.parametrize(
    "save", [saved_as_bool, saved_as_float, saved_compressed, saved_among_others]
)
def test_every_way_to_save_spikes_is_read(folder: Path, save: Callable[[Path], None]) -> None:
    """Any numbers that are 0 and 1, in .npy and .npz."""
    save(folder / "spikes.npz")

    values = parsed(call(*run(folder, "--format", "json")))

    assert values["digests"] == reference.run(network(), Replay(spikes())).digests()


def several(path: Path) -> None:
    """No name says which."""
    np.savez(path, train=spikes(), test=spikes())


def pickled(path: Path) -> None:
    """Objects could run code."""
    with path.open("wb") as file:
        np.save(file, np.array([{}, {}]), allow_pickle=True)


def archive_of_text(path: Path) -> None:
    """A zip file of another kind."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("letter.txt", "Dear Sam")


def broken_header(path: Path) -> None:
    """Python's tokenizer meets it, in numpy."""
    whole = io.BytesIO()
    np.save(whole, spikes())
    path.write_bytes(whole.getvalue().replace(b"}", b"("))


def holding(values: object) -> Callable[[Path], None]:
    """A file with these values alone."""
    return lambda path: np.savez(path, np.asarray(values))


NOT_01 = "is not 0 or 1; store spikes as 0 and 1"
INPUTS = {
    "missing": (Path.unlink, "not readable (No such file or directory); give a .npy or .npz"),
    "empty file": (lambda p: p.write_bytes(b""), "neither .npy nor .npz; save the spikes with"),
    "text": (lambda p: p.write_text("0 1\n1 0\n"), "neither .npy nor .npz; save the spikes with"),
    "half": (half, "not readable ("),
    "broken header": (broken_header, "not readable ("),
    "pickled": (pickled, "not readable (Object arrays cannot be loaded"),
    "archive": (archive_of_text, "letter.txt is no array; save the spikes with numpy.savez"),
    "no array": (np.savez, "holds 0 arrays; keep one, or name the one to feed"),
    "several": (several, "holds 2 arrays: train, test; keep one, or name the one to feed 'spikes'"),
    "number": (holding(1), "the spikes are [], not [T, 2]; give one row per step"),
    "1-D": (holding([0, 1]), "the spikes are [2], not [T, 2]; give one row per step"),
    "3-D": (holding(np.zeros((2, 2, 2))), "the spikes are [2, 2, 2], not [T, 2]"),
    "lines": (holding(np.zeros((9, 3))), "the spikes are [9, 3], but the network has 2 input lin"),
    "turned": (holding(np.zeros((2, 9))), "but the network has 2 input lines; transpose them"),
    "no rows": (holding(np.zeros((0, 2))), "the spikes are [0, 2]: no step at all; give at leas"),
    "two": (holding([[0, 1], [2, 0]]), f"row 1, line 0 = 2 {NOT_01}"),
    "negative": (holding([[0, -1]]), f"row 0, line 1 = -1 {NOT_01}"),
    "fraction": (holding([[0, 0.5]]), f"row 0, line 1 = 0.5 {NOT_01}"),
    "nan": (holding([[np.nan, 1]]), f"row 0, line 0 = nan {NOT_01}"),
    "infinity": (holding([[0, np.inf]]), f"row 0, line 1 = inf {NOT_01}"),
    "complex": (holding([[0, 1j]]), "holds complex128, not numbers; store spikes as 0 and 1"),
    "strings": (holding([["0", "1"]]), "holds <U1, not numbers; store spikes as 0 and 1"),
    "dates": (holding(np.zeros((1, 2), "M8[s]")), "holds datetime64[s], not numbers"),
}


@pytest.mark.parametrize(("spoil", "message"), INPUTS.values(), ids=list(INPUTS))
def test_unusable_input_is_named(folder: Path, spoil: Callable[[Path], None], message: str) -> None:
    """With its path; nothing is written."""
    spoil(folder / "spikes.npz")
    before = everything(folder)

    line = error(call(*run(folder, "--out", folder / "saved.run")))

    assert line.startswith(f"{folder / 'spikes.npz'}: ")
    assert message in line
    assert before == everything(folder)


def test_input_folder_is_named(folder: Path) -> None:
    """A folder holds no array."""
    line = error(call("run", folder / "network.net", "--input", folder))

    assert line.startswith(f"{folder}: not readable (Is a directory); ")


@pytest.mark.parametrize("steps", [0, -1, 2**31, 10**20])
def test_steps_out_of_range_are_named(folder: Path, steps: int) -> None:
    """There is no run without a step."""
    assert error(call(*run(folder, "--steps", steps))) == (
        f"steps = {steps} is outside 1..2147483647; leave --steps out to play the input once"
    )


def test_steps_that_memory_cannot_hold_are_named(folder: Path) -> None:
    """With what their record would take; nothing is allocated before."""
    line = error(call(*run(folder, "--steps", 2**31 - 1)))

    assert re.fullmatch(
        r"steps = 2,147,483,647: their record takes [\d.,]+ GB, more than the [\d.,]+ GB of this "
        r"machine; ask for at most [\d,]+",
        line,
    )
