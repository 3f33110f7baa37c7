"""The live view: what it shows is what was played."""

import io

import numpy as np
import pytest
from rich.console import Console

from realsam import live
from realsam.ir import Replay
from realsam.live import Activity, LiveView
from realsam.report import count, estimate, facts_of, load_costs, quantities
from realsam.vocab import Stops
from sim import reference
from sim.simulator import engine
from tests.realsam.test_profiling import model, played


def test_activity_is_that_of_the_report() -> None:
    """Rates and energy of all tokens so far."""
    given = model()
    run, _ = played(given[0], given)
    seen = Activity(given[0])

    for fired in np.concatenate([run.spikes[name] for name in given[0].sizes], axis=1):
        seen.hear(fired)

    counts = count(facts_of(given[0]), run)
    assert seen.means.tolist() == [p.firing_rate for p in counts.lif]
    energy = estimate(quantities(counts), load_costs()).total_pj * run.n_tokens
    assert seen.energy_pj == pytest.approx(energy)


def test_first_token_is_shown_as_it_is() -> None:
    """Later ones fade into each other."""
    network, host, _ = model()
    seen = Activity(network)

    seen.hear(engine(network).token(host.code[5])[0])

    run = reference.run(network, Replay(host.code[5:6]))
    assert seen.rates.tolist() == [run.spikes[name].mean() for name in ("layer1", "layer2")]


def test_bars_are_scaled_to_the_highest_rate() -> None:
    """None is longer than its place, however often neurons fire."""
    network, host, _ = model()
    seen, moving = Activity(network), engine(network)

    for token in range(20):
        seen.hear(moving.token(host.code[token])[0])
        assert 0.1 <= seen.highest >= seen.rates.max()


def test_silence_is_no_division() -> None:
    """Before the first token."""
    assert Activity(model()[0]).means.tolist() == [0, 0]


def view_of(given: tuple, tokens: list[int]) -> LiveView:
    """A view of a text that nothing stops."""
    return LiveView(given, "One day", tokens, Stops(given[2], ()))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Console:
    """A terminal that keeps what is drawn."""
    console = Console(file=io.StringIO(), force_terminal=True, width=100, highlight=False)
    monkeypatch.setattr(live, "STDERR", console)
    return console


def test_view_has_a_bar_per_layer(terminal: Console) -> None:
    """Name, rate, mean; the text; speed and energy with its table."""
    given = model()
    view = view_of(given, [given[2].end_of_text, 40])
    for token in (41, 42):
        view.add(token)

    terminal.print(view.draw())
    drawn = terminal.file.getvalue()

    assert "One day" + given[2].decode([41, 42]) in drawn
    for name in ("layer1", "layer2"):
        assert any(name in line and "mean " in line for line in drawn.splitlines())
    assert "2 tokens, " in drawn
    assert "uJ (estimated, loihi1)" in drawn


def test_text_is_printed_at_the_end(terminal: Console, capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout, in one piece, also after an interruption."""
    given = model()

    def interrupted() -> None:
        with view_of(given, [5]) as view:
            view.add(41)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert capsys.readouterr().out == f"One day{given[2].decode([41])}\n"


def test_nothing_new_prints_nothing(terminal: Console, capsys: pytest.CaptureFixture[str]) -> None:
    """As the plain way."""
    with view_of(model(), [5]):
        pass

    assert capsys.readouterr().out == ""


def test_drawing_before_the_first_token(terminal: Console) -> None:
    """The screen is refreshed while the prompt is read."""
    terminal.print(view_of(model(), [5]).draw())

    assert "0 tokens, 0 tokens/s, 0.0 uJ" in terminal.file.getvalue()
    assert np.isfinite(live.Activity(model()[0]).rates).all()
