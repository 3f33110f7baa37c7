"""Energy: counts times a cost table. Always an estimate, always with the table's name."""

import json
from dataclasses import dataclass
from pathlib import Path

from realsam.report.counts import Counts

COSTS = Path(__file__).parent / "costs"


@dataclass(frozen=True)
class CostTable:
    """Energy per operation, and who published it."""

    name: str
    chip: str
    date: str
    source: str
    note: str
    synop_pj: float
    update_pj: float


@dataclass(frozen=True)
class Energy:
    """Estimated energy per token by cause."""

    table: CostTable
    synops_pj: float
    updates_pj: float

    @property
    def total_pj(self) -> float:
        """All causes together; the host is not included."""
        return self.synops_pj + self.updates_pj


def load_costs(name: str = "loihi1") -> CostTable:
    """Read a cost table of this package."""
    return CostTable(**json.loads((COSTS / f"{name}.json").read_text(encoding="utf-8")))


def estimate(counts: Counts, table: CostTable) -> Energy:
    """Estimate the energy of one token of a run."""
    return Energy(
        table, counts.synops_per_token * table.synop_pj, counts.updates_per_token * table.update_pj
    )
