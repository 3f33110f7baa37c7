"""A profile counted, rolled up by groups, and beside another run."""

import pytest

from realsam.errors import ReportError
from realsam.report import TABLES, load_costs, set_against
from tests.realsam.report.profiles import EVERYTHING, SILENCE, named, profile, report

BELOW = "memory.core", "memory.gate"


def test_group_has_the_share_of_its_populations() -> None:
    """Of a: 3 of 5 spikes, and 6 of all 8 synaptic operations; of b none."""
    groups = report([1, 1, 2, 1, 1, 1], network=named("memory.core", "out")).groups

    assert [(g.name, g.spikes_share, g.synops_share) for g in groups] == [
        ("memory", 3 / 5, 6 / 8),
        ("out", 2 / 5, 0),
    ]


def test_group_of_all_has_all_spikes() -> None:
    """Two populations of one name before the dot."""
    (group,) = report(EVERYTHING, network=named(*BELOW)).groups

    assert [p.name for p in group.populations] == list(BELOW)
    assert (group.spikes_share, group.synops_share) == (1.0, 4 / 6)


@pytest.mark.parametrize("tokens", [[], [SILENCE]], ids=["no tokens", "silence"])
def test_silence_is_shared_by_nobody(tokens: list[list[int]]) -> None:
    """No division by zero."""
    assert [(g.spikes_share, g.synops_share) for g in report(*tokens).groups] == [(0, 0), (0, 0)]


def test_updates_of_the_network_are_summed() -> None:
    """One voltage of a in each token."""
    assert report(EVERYTHING, SILENCE).updates_event.tolist() == [1, 1]
    assert report().updates_event.tolist() == []


def test_differences_are_counted() -> None:
    """Neuron a[0] thrice, not once, and b[1] not at all, in the tokens that both have."""
    tables = [load_costs(name) for name in TABLES]
    other = profile([1, 1, 3, 1, 1, 0], SILENCE, EVERYTHING)

    found = set_against(profile(EVERYTHING, SILENCE), other, tables)

    assert found.n_differences == 2
    assert str(found.first).startswith("token 0, a[0]: spikes 1 ")
    assert found.report.counts.n_tokens == 3


def test_another_network_is_named() -> None:
    """Its spikes are of other neurons."""
    other = profile(EVERYTHING, network=named("a", "c"))

    with pytest.raises(ReportError) as raised:
        set_against(profile(EVERYTHING), other, [load_costs()])

    assert str(raised.value).startswith("tiny: network ")
    assert str(raised.value).endswith("; compare two runs of one network")
