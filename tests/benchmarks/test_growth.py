"""The measurement of growth, on networks of a moment."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import growth
from realsam.ir import from_network
from sim.simulator import run


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sizes of everything."""
    monkeypatch.setattr(growth, "LAYERS", 2)
    monkeypatch.setattr(growth, "WIDTH", 24)
    monkeypatch.setattr(growth, "WIDTHS", (8, 24))
    monkeypatch.setattr(growth, "DEPTHS", (1, 2))
    monkeypatch.setattr(growth, "RATES", (0.05, 0.3))


@pytest.mark.usefixtures("small")
def test_table_picture_and_json(tmp_path: Path) -> None:
    """One line per network, a picture of text, and numbers with their source."""
    pytest.importorskip("matplotlib", reason="needs the dev extra")
    picture, out = tmp_path / "new" / "growth.svg", tmp_path / "growth.json"
    words = ["--tokens", "140", "--repeats", "2", "--picture", str(picture), "--out", str(out)]

    result = CliRunner().invoke(growth.main, words)

    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 2 + 6
    assert "microseconds per token" in picture.read_text(encoding="utf-8")
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["command"] == "python -m benchmarks.growth --tokens 140 --repeats 2"
    rates = [point["firing_rate"] for point in found["points"]["firing rate"]]
    assert rates[0] < rates[1]


def test_threshold_sets_the_firing_rate() -> None:
    """Within a factor of two of what is wanted."""
    played = run(growth.firing(2, 64, 0.1), growth.document(60))

    rate = np.mean([played.spikes[f"layer{i}"][30:].mean() for i in (1, 2)])

    assert 0.05 < rate < 0.2


def test_touched_bytes_are_rows_of_firing_neurons() -> None:
    """If every neuron fired, all weights but the input's would be touched."""
    network = growth.network(2, 16, 0)
    own = [q.weight.size - growth.LINES * len(q.weight) for q in network.projections]

    point = growth.measured(2, 16, 0.3, tokens=20, repeats=1)

    assert point.weights == sum(q.weight.size for q in network.projections)
    assert 0 < point.touched < sum(own)


def test_networks_have_the_default_shape() -> None:
    """Token clocks of L + 4 steps with dense skips."""
    clock = from_network(growth.network(3, 8, 5))

    assert clock.steps_per_token == 7
    assert [len(layer.sources) for layer in clock.layers] == [2, 3, 4, 4]
