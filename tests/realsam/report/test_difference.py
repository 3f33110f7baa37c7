"""The first difference between two runs."""

import numpy as np
import pytest

from realsam.ir import Recorder, Run
from realsam.report import first_difference
from tests import tiny


def run(backend: str = "reference", n_tokens: int = 4) -> Run:
    """A silent run."""
    recorder = Recorder(tiny.network(), backend)
    for _ in range(n_tokens):
        recorder.add(np.zeros(6, np.uint8), np.zeros(2, np.int64))
    return recorder.run()


def other(*changes: tuple[str, int, int, int], n_tokens: int = 4) -> Run:
    """A run of Lava with some (population, token, neuron, value) changed."""
    changed = run("lava", n_tokens)
    for name, token, neuron, value in changes:
        array = changed.voltage if name == "voltage" else changed.spikes[name]
        array[token, neuron] = value
    return changed


def test_equal_runs_have_none() -> None:
    """Nothing differs."""
    assert first_difference(run(), other(), "b") is None


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ([("a", 2, 1, 1)], (2, "a", 1, "spikes")),
        ([("a", 3, 0, 1), ("b", 1, 1, 1)], (1, "b", 1, "spikes")),
        ([("b", 2, 0, 1), ("a", 2, 1, 1)], (2, "a", 1, "spikes")),
        ([("voltage", 1, 1, -9), ("a", 2, 0, 1)], (1, "b", 1, "voltage")),
        ([("voltage", 2, 0, -9), ("b", 2, 1, 1)], (2, "b", 1, "spikes")),
        ([("a", 0, 1, 1), ("a", 0, 0, 1)], (0, "a", 0, "spikes")),
        ([("in", 3, 1, 1), ("a", 3, 0, 1)], (3, "in", 1, "spikes")),
    ],
)
def test_first_in_time_then_population_then_neuron(
    changes: list[tuple[str, int, int, int]], place: tuple[int, str, int, str]
) -> None:
    """Voltages come after the spikes of their token."""
    found = first_difference(run(), other(*changes), "b")

    assert place == (found.token, found.population, found.neuron, found.register)


def test_both_values_and_backends_are_told() -> None:
    """In one line."""
    found = first_difference(run(), other(("voltage", 1, 0, -640)), "b")

    assert str(found) == "token 1, b[0]: voltage 0 (reference) and -640 (lava)"


def test_only_common_tokens_are_compared() -> None:
    """A longer run goes on by itself."""
    longer = other(("a", 5, 0, 1), n_tokens=7)

    assert first_difference(run(), longer, "b") is None
    assert first_difference(longer, run(), "b") is None


def test_empty_runs_are_equal() -> None:
    """No tokens, no difference."""
    assert first_difference(run(n_tokens=0), other(n_tokens=0), "b") is None
