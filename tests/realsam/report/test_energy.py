"""Energy: counts times a table that names its source."""

import numpy as np
import pytest

from realsam.report import Counts, PopulationCounts, estimate, load_costs
from realsam.report.energy import COSTS

TABLES = sorted(path.stem for path in COSTS.glob("*.json"))


def counts(n_tokens: int = 2) -> Counts:
    """10 synaptic operations and 7 updates per token."""
    spikes = np.full(n_tokens, 5)
    lif = PopulationCounts("a", "lif", 7, 2, spikes, 2 * spikes, 14, 7)
    return Counts(n_tokens, (lif,), 0, 2, 0)


@pytest.mark.parametrize("name", TABLES)
def test_table_names_chip_date_and_source(name: str) -> None:
    """No number without them."""
    table = load_costs(name)

    assert table.name == name
    assert all((table.chip, table.date, table.source))
    assert min(table.synop_pj, table.update_pj) > 0


def test_default_table_is_the_published_one() -> None:
    """23.6 pJ per synaptic operation and 81 pJ per update (Davies et al. 2018)."""
    table = load_costs()

    assert (table.name, table.synop_pj, table.update_pj) == ("loihi1", 23.6, 81.0)


def test_estimate_is_counts_times_costs() -> None:
    """Per token, by cause."""
    energy = estimate(counts(), load_costs())

    assert energy.synops_pj == pytest.approx(236)
    assert energy.updates_pj == pytest.approx(567)
    assert energy.total_pj == pytest.approx(803)


def test_empty_run_still_pays_its_updates() -> None:
    """A clocked chip updates neurons that nobody asks; no division by zero."""
    energy = estimate(counts(0), load_costs())

    assert (energy.synops_pj, energy.updates_pj) == (0, 567)
