"""Reports: stable keys for programs, a table for people."""

import json

import numpy as np
import pytest

from realsam.ir import Recorder
from realsam.report import (
    Counts,
    Energy,
    count,
    estimate,
    load_costs,
    render_backend,
    render_table,
    render_text,
    to_json,
)
from tests import tiny


def report(n_tokens: int = 2) -> tuple[Counts, Energy]:
    """Every neuron of the tiny network once per token."""
    recorder = Recorder(tiny.network(), "reference")
    for _ in range(n_tokens):
        recorder.add(np.ones(6, np.uint8), np.zeros(2, np.int64))
    counts = count(tiny.network(), tiny.host(), recorder.run())
    return counts, estimate(counts, load_costs())


def test_json_keys_are_stable() -> None:
    """Programs read them; a change needs a CHANGELOG line."""
    values = to_json(*report())

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
    values = to_json(*report(n_tokens))

    assert values == json.loads(json.dumps(values))


def test_json_says_that_energy_is_estimated() -> None:
    """With the table's name."""
    values = to_json(*report())

    assert (values["energy_is"], values["energy_table"]) == ("estimated", "loihi1")
    assert values["energy_pj_per_token"] == pytest.approx(6 * 23.6 + 16 * 81)


def test_text_has_a_row_per_population() -> None:
    """Aligned under their headers."""
    lines = render_text(*report()).splitlines()

    assert lines[0].split() == [
        "population", "neurons", "spikes/token", "firing", "synops/token", "updates/token",
    ]  # fmt: skip
    assert [line.split()[0] for line in lines[2:5]] == ["in", "a", "b"]
    assert len({len(line) for line in lines[:5]}) == 1


def test_text_gives_every_ratio_its_unit() -> None:
    """Sparsity, operations, energy with its table."""
    text = render_text(*report())

    assert "activation sparsity  0.00%" in text
    assert "connection sparsity  50.00% of 12 weights" in text
    assert "synaptic operations  6 per token (50.0% of the 12 of a dense network)" in text
    assert "host operations      8 multiply-accumulates per token" in text
    assert "estimated" in text
    assert "cost table loihi1" in text


def test_text_of_no_tokens() -> None:
    """An empty run has a report, too."""
    assert "LIF firing rate      0.00% of 4 neurons" in render_text(*report(0))


def test_table_is_as_wide_as_its_widest_cells() -> None:
    """Names to the left, numbers to the right."""
    assert render_table(("name", "n"), [("a", "1"), ("layer1", "1,024")]) == [
        "name        n",
        "------  -----",
        "a           1",
        "layer1  1,024",
    ]


def test_backend_is_told_with_its_versions() -> None:
    """Of every library that it notes, but not the machine."""
    run = Recorder(tiny.network(), "torch").run(torch="2.9")

    assert render_backend(run).startswith("on torch (python 3.")
    assert render_backend(run).endswith(", torch 2.9)")
    assert run.notes["machine"] not in render_backend(run)


def test_lava_is_told_with_its_processes() -> None:
    """Mode, processes, seconds to start."""
    notes = {"lava": "0.10.0", "processes": "7", "startup_seconds": "0.84"}
    run = Recorder(tiny.network(), "lava-graph").run(**notes)

    assert render_backend(run) == "on Lava 0.10.0 (graph, processes: 7, started in 0.8 s)"
