"""The live view of an answer."""

import io

import pytest
from rich.console import Console

from realsam.chat import live
from realsam.chat.live import AnswerView
from realsam.live import Activity
from sim.simulator import engine
from tests.realsam.test_profiling import model


def test_view_shows_the_answer_and_a_bar_per_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """And gives the answer back when it is closed."""
    console = Console(file=io.StringIO(), force_terminal=True, width=100, highlight=False)
    monkeypatch.setattr(live, "STDERR", console)
    network, host, _ = model()
    seen = Activity(network)
    seen.hear(engine(network).token(host.code[5])[0])
    view = AnswerView(seen)
    view.add(" A small")
    view.add(" dog.")

    with console.capture() as shown:
        console.print(view.draw())

    assert view.close() == " A small dog."
    assert " A small dog." in shown.get()
    for name, mean in zip(seen.names, seen.means, strict=True):
        assert name in shown.get()
        assert f"mean {mean:.1%}" in shown.get()
    assert "1 tokens, " in shown.get()
