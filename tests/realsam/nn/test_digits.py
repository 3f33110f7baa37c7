"""The digits example: an snnTorch classifier on the chip's integers."""

import runpy
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "digits.py"


def test_the_digits_example_learns_and_stays_exact() -> None:
    """After two epochs it is far above chance, and its lowered network spikes alike."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    pytest.importorskip("snntorch", reason="the train extra is not installed")
    example = runpy.run_path(str(EXAMPLE))

    accuracy, differences = example["main"](epochs=2)

    assert accuracy > 0.75
    assert differences == 0


def test_the_import_example_keeps_its_accuracy() -> None:
    """A float network of snnTorch, through NIR to 8 bits."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    pytest.importorskip("snntorch", reason="the train extra is not installed")
    example = runpy.run_path(str(EXAMPLE.with_name("import_snntorch.py")))

    before, after = example["main"](epochs=2)

    assert before > 0.75
    assert abs(before - after) < 0.02
