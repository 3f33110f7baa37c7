"""A spike resets to v_reset; a reset that the chip does not have is translated where none shows."""

from pathlib import Path

import nir
import numpy as np
import pytest

from export import import_file
from export.imported import Choices
from export.nir.dynamics import ResetKind
from tests.export.broken_nir import changed, put, refusal, without
from tests.export.corpus import parity
from tests.export.foreign_nir import DT, integers, lif, small, written

TOLD = put("nodes/a/metadata/reset_mechanism", "subtract")
KEEPS = "a[0]: does not reset to v_reset ({}), and keeps 96.88% of its voltage in a step"


def forgetful() -> nir.NIRGraph:
    """Neurons whose voltage is their input alone."""
    return small(a=lif(3, tau=DT))


@pytest.mark.parametrize("word", ["subtract", "Soft", "none"])
def test_another_reset_in_the_metadata_is_refused(word: str, tmp_path: Path) -> None:
    """Where the voltage would show it."""
    path = changed(tmp_path, put("nodes/a/metadata/reset_mechanism", word))

    assert refusal(path) == KEEPS.format(f"metadata 'reset_mechanism' = '{word}'")


@pytest.mark.parametrize("word", ["zero", "hard"])
def test_a_reset_to_zero_may_be_told(word: str, tmp_path: Path) -> None:
    """It is the one that the chip has."""
    path = changed(tmp_path, put("nodes/a/metadata/reset_mechanism", word))

    assert parity(path).n_total == 0


def test_the_user_knows_better(tmp_path: Path) -> None:
    """Either way, whatever the file says."""
    assert parity(changed(tmp_path, TOLD), reset="zero").n_total == 0
    assert refusal(written(small(), tmp_path), reset="subtract") == KEEPS.format("--reset subtract")


@pytest.mark.parametrize("reset", [None, "subtract"])
def test_voltage_without_memory_notices_no_reset(reset: ResetKind | None, tmp_path: Path) -> None:
    """It is translated, and needs no note."""
    change = TOLD if reset is None else without("nodes/a/v_reset")
    path = changed(tmp_path, change, forgetful())

    found = parity(path, reset=reset)

    assert (found.n_total, found.n_spikes["a"] > 10) == (0, True)
    assert not import_file(path, Choices(reset=reset)).report()["notes"]


def test_the_first_neuron_with_memory_is_named(tmp_path: Path) -> None:
    """Of a population in which some have none."""
    mixed = lif(3, tau=DT)
    mixed.tau[1] = 2 * DT

    found = refusal(written(small(a=mixed), tmp_path), reset="subtract")

    assert found.startswith("a[1]: does not reset to v_reset (--reset subtract), and keeps 50.00%")


def test_thresholds_have_no_voltage_to_reset(tmp_path: Path) -> None:
    """A Threshold node compares its input alone."""
    given = small(w=nir.Linear(integers(3, 2)), a=nir.Threshold(np.ones(3) * 30))

    assert parity(written(given, tmp_path), reset="subtract").n_total == 0


@pytest.mark.parametrize("reset", [None, "zero"])
def test_a_guess_is_told(reset: ResetKind | None, tmp_path: Path) -> None:
    """Only where neither file nor user says what a spike does, and it matters."""
    path = changed(tmp_path, without("nodes/a/v_reset"))

    notes = import_file(path, Choices(reset=reset)).report()["notes"]

    assert [n.split(":")[0] for n in notes] == ["a"] * (reset is None)
