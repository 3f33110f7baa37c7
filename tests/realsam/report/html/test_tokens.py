"""Tokens as the page shows them."""

import pytest

from realsam.report.html.tokens import MEASURES, NO_TEXT, scales, shown
from tests.realsam.report.html.reports import report


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        (" upon", " upon"),
        ("\n", "⏎\n"),
        ("\0\t\x1b", "␀␉␛"),
        ("", NO_TEXT),
        ("\N{RIGHT-TO-LEFT OVERRIDE}live", "[U+202E]live"),
        ("\N{REPLACEMENT CHARACTER}", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_every_token_can_be_seen(text: str, visible: str) -> None:
    """Control characters are pictures, and none turns what follows."""
    assert visible == shown(report([text]))[0].text


def test_label_shows_spaces() -> None:
    """Alone, a token without its space would be another one."""
    assert shown(report([" upon"]))[0].label == "␣upon"


def test_places_reach_from_the_least_to_the_most() -> None:
    """The two ends of the legend are the two ends of the ramp."""
    drawn = report()

    for scale in scales(drawn):
        values = [token[scale.field] for token in drawn["tokens"]]
        places = [token.places[scale.field] for token in shown(drawn)]
        assert (scale.low, scale.high) == (min(values), max(values))
        assert [place == 0 for place in places] == [value == min(values) for value in values]
        assert max(places) in (0, 1)


def test_tokens_that_are_alike_stand_at_the_low_end() -> None:
    """No division by zero where all spike alike."""
    drawn = shown(report(share=0))

    assert {token.places["spikes"] for token in drawn} == {0}


def test_numbers_are_those_of_the_report() -> None:
    """Each measure, with its unit."""
    told = report()
    token = told["tokens"][3]
    n_neurons = sum(p["neurons"] for p in told["populations"] if p["kind"] == "lif")

    numbers = dict(zip(MEASURES, shown(told)[3].numbers, strict=True))

    assert f"{token['spikes']}" == numbers["spikes"]
    assert f"{100 * token['spikes'] / n_neurons:.1f} %" == numbers["firing rate"]
    assert f"{token['energy_pj'] / 1000:.1f} nJ" == numbers["energy, estimated"]
    assert numbers["surprisal"] == "1.50 nats"
    assert numbers["time"] == "100 µs"


def test_unknown_surprisal_is_a_dash() -> None:
    """The first token has none."""
    numbers = dict(zip(MEASURES, shown(report())[0].numbers, strict=True))

    assert numbers["surprisal"] == "—"


def test_no_tokens_have_no_scale() -> None:
    """Nothing has no least and no most."""
    assert scales(report([])) == []
    assert shown(report([])) == []
