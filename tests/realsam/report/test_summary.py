"""The summary at the end of a text: stable keys for programs, a table for people."""

import json

import pytest

from realsam.report import Counts, Energy, estimate, load_costs, quantities, render_summary, summary
from tests.realsam.report.profiles import EVERYTHING, report


def given(n_tokens: int = 2) -> tuple[Counts, Energy]:
    """Every neuron of the tiny network once per token."""
    counts = report(*[EVERYTHING] * n_tokens).counts
    return counts, estimate(quantities(counts), load_costs())


def test_json_keys_are_stable() -> None:
    """Programs read them; a change needs a CHANGELOG line."""
    values = summary(*given())

    assert list(values) == [
        "firing_rate",
        "activation_sparsity",
        "connection_sparsity",
        "spikes_per_token",
        "synops_per_token",
        "updates_per_token",
        "host_macs_per_token",
        "energy_pj_per_token",
        "energy_is",
        "energy_table",
        "populations",
    ]
    assert list(values["populations"][0]) == [
        "name",
        "kind",
        "neurons",
        "firing_rate",
        "spikes",
        "synops",
        "updates_per_token",
        "spikes_per_token",
    ]


@pytest.mark.parametrize("n_tokens", [0, 2])
def test_json_is_plain(n_tokens: int) -> None:
    """No numpy numbers: json can write it."""
    values = summary(*given(n_tokens))

    assert values == json.loads(json.dumps(values, allow_nan=False))


def test_json_says_that_energy_is_estimated() -> None:
    """With the table's name."""
    values = summary(*given())

    assert (values["energy_is"], values["energy_table"]) == ("estimated", "loihi1")
    assert values["energy_pj_per_token"] == pytest.approx(6 * 23.6 + 16 * 81)


def test_text_has_a_row_per_population() -> None:
    """Aligned under their headers."""
    lines = render_summary(*given()).splitlines()

    assert lines[0].split() == [
        "population", "neurons", "spikes/token", "firing", "synops/token", "updates/token",
    ]  # fmt: skip
    assert [line.split()[0] for line in lines[2:5]] == ["in", "a", "b"]
    assert len({len(line) for line in lines[:5]}) == 1


def test_text_gives_every_ratio_its_unit() -> None:
    """Sparsity, operations, energy with its table."""
    text = render_summary(*given())

    assert "activation sparsity  0.00%" in text
    assert "connection sparsity  50.00% of 12 weights" in text
    assert "synaptic operations  6 per token (50.0% of the 12 of a dense network)" in text
    assert "host operations      8 multiply-accumulates per token" in text
    assert "estimated: synapses 0.0 + neurons 0.0 (cost table loihi1: Loihi 1, 14 nm" in text


def test_text_of_no_tokens() -> None:
    """An empty run has a report, too."""
    assert "LIF firing rate      0.00% of 4 neurons" in render_summary(*given(0))
