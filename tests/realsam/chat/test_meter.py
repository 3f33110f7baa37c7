"""The meter: what a report would say of the same tokens."""

import io

import numpy as np
import pytest
from rich.console import Console

from realsam.chat import live
from realsam.chat.live import LiveView
from realsam.chat.meter import Meter
from realsam.ir import Replay, to_network
from sim import reference
from tests import tiny

NETWORK = to_network(tiny.clock())
SPIKES = np.random.default_rng(0).integers(0, 2, (9, 2), dtype=np.uint8)


def heard(n_tokens: int) -> Meter:
    """A meter that heard the first tokens."""
    run = reference.run(NETWORK, Replay(SPIKES))
    whole = np.concatenate(list(run.spikes.values()), axis=1)
    meter = Meter(NETWORK)
    for row in whole[:n_tokens]:
        meter.hear(row)
    return meter


def test_rates_are_means_over_neurons_and_tokens() -> None:
    """Of the layers; the readout cannot spike."""
    run = reference.run(NETWORK, Replay(SPIKES))

    rates = heard(9).firing_rates

    assert list(rates) == ["layer1", "layer2"]
    assert rates == {n: pytest.approx(float(run.spikes[n].mean())) for n in rates}
    assert max(rates.values()) > 0


def test_latest_rates_begin_with_the_first_token_and_fade() -> None:
    """Four parts of what was, one of what is."""
    first, second = heard(1), heard(2)
    now = {n: 2 * second.firing_rates[n] - first.firing_rates[n] for n in first.firing_rates}

    assert first.latest_rates == first.firing_rates
    for name, rate in second.latest_rates.items():
        assert rate == pytest.approx(0.8 * first.latest_rates[name] + 0.2 * now[name])


def test_silence_is_no_division() -> None:
    """Before the first token."""
    meter = Meter(NETWORK)

    assert set(meter.firing_rates.values()) == set(meter.latest_rates.values()) == {0.0}


def test_view_shows_the_answer_and_a_bar_per_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """And gives the answer back when it is closed."""
    console = Console(file=io.StringIO(), force_terminal=True, width=80, highlight=False)
    monkeypatch.setattr(live, "STDERR", console)
    meter = heard(3)
    view = LiveView(meter)
    view.add(" A small")
    view.add(" dog.")

    with console.capture() as shown:
        console.print(view.draw())

    assert view.close() == " A small dog."
    assert " A small dog." in shown.get()
    for name, rate in meter.firing_rates.items():
        assert name in shown.get()
        assert f"mean {rate:.1%}" in shown.get()
