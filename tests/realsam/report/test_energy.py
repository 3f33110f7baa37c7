"""Energy: counts times a table, with its range."""

import pytest

from realsam.report import TABLES, estimate, load_costs, quantities
from realsam.report.cost_table import QUANTITIES, Cost, CostTable
from realsam.report.energy import energy_pj
from tests.realsam.report.profiles import EVERYTHING, SILENCE, report


def table(**costs: tuple[float, float, float]) -> CostTable:
    """A table with these costs: middle, low, high."""
    terms = {name: Cost(*cost) for name, cost in costs.items()}
    return CostTable("mine", "chip", "process", "date", "source", "note", terms)


def test_every_quantity_can_be_priced() -> None:
    """A table may name any of them."""
    given = report(EVERYTHING).quantities

    assert set(QUANTITIES) == set(given)
    priced = estimate(given, table(**dict.fromkeys(QUANTITIES, (1, 1, 1))))
    assert {term.name: term.per_token for term in priced.terms} == {
        "spikes": 4,
        "synops": 6,
        "synops_dense": 12,
        "updates": 16,
        "updates_event": 1,
        "messages": 6,
        "host_macs": 8,
    }


def test_estimate_is_counts_times_costs() -> None:
    """6 synaptic operations and 16 updates per token, by the default table."""
    energy = estimate(quantities(report(EVERYTHING, EVERYTHING).counts), load_costs())

    assert [term.pj for term in energy.terms] == pytest.approx([6 * 23.6, 16 * 81])
    assert energy.total_pj == pytest.approx(6 * 23.6 + 16 * 81)
    assert (energy.low_pj, energy.high_pj) == pytest.approx((6 * 23.6 + 832, 6 * 27.1 + 1296))


def test_dominant_term_and_shares() -> None:
    """The larger part, not the larger cost."""
    energy = estimate(report(EVERYTHING).quantities, table(synops=(5, 1, 9), updates=(1, 1, 1)))

    assert energy.dominant.name == "synops"
    assert [energy.share(term) for term in energy.terms] == pytest.approx([30 / 46, 16 / 46])


def test_one_term_moves_the_total_within_its_range() -> None:
    """While the others stay in the middle."""
    energy = estimate(report(EVERYTHING).quantities, table(synops=(5, 1, 9), updates=(1, 0, 1)))

    assert energy.moved_pj(energy.terms[0]) == (6 + 16, 54 + 16)
    assert energy.moved_pj(energy.terms[1]) == (30, 30 + 16)


def test_tokens_are_priced_one_by_one() -> None:
    """Their mean is the estimate."""
    whole = report(EVERYTHING, SILENCE)

    each = energy_pj(whole.quantities, load_costs(), 2)

    assert each.tolist() == pytest.approx([6 * 23.6 + 16 * 81, 16 * 81])
    assert each.mean() == pytest.approx(whole.energies[0].total_pj)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("tokens", [[], [SILENCE], [EVERYTHING]], ids=["none", "silent", "all"])
def test_shares_are_shares(name: str, tokens: list[list[int]]) -> None:
    """Of no tokens, of silence, of everything: from 0 to 1, and 1 in all."""
    energy = estimate(report(*tokens).quantities, load_costs(name))

    assert sum(map(energy.share, energy.terms)) == pytest.approx(1)
    assert energy.low_pj <= energy.total_pj <= energy.high_pj


def test_nothing_costs_nothing() -> None:
    """No share of a total of 0."""
    energy = estimate(report(SILENCE).quantities, table(synops=(5, 1, 9)))

    assert (energy.total_pj, energy.share(energy.dominant)) == (0, 0)


def test_empty_run_still_pays_its_updates() -> None:
    """A clocked chip updates neurons that nobody asks; no division by zero."""
    energy = estimate(report().quantities, load_costs())

    assert [term.pj for term in energy.terms] == [0, 16 * 81]
