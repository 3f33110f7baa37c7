"""A campaign over random networks: search, print, shrink and save what fails."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks import record
from benchmarks.campaign.case import Case, save_case
from benchmarks.campaign.draw import draw
from benchmarks.campaign.pool import Compare, Findings, search
from benchmarks.campaign.shrink import shrink
from realsam.console import note

_SAVED = 5  # failing cases that are shrunk and written
SURELY = 200  # so many networks meet every required edge


@dataclass(frozen=True)
class Hunt:
    """What one command compares, and what it must have met."""

    command: str  # its name: "fuzz" or "lava"
    compare: Compare
    required: tuple[str, ...]  # totals that must not be 0

    def over(
        self, networks: int, seed: int, jobs: int, out: Path | None, failures: Path
    ) -> dict[str, Any]:
        """Compare the first cases of a seed and return the record.

        Raises:
            ClickException: if a case differs, or an edge was never met.
        """
        begin = time.perf_counter()
        findings = search(self.compare, seed, range(networks), jobs)
        command = (
            f"python -m benchmarks.campaign {self.command} --networks {networks} --seed {seed}"
        )
        whole = record.about(command) | {
            "seconds": round(time.perf_counter() - begin, 1),
            "totals": self._totals(findings),
            "differences": {f"{seed}/{i}": text for i, text in findings.differences.items()},
        }
        click.echo(record.lines(whole["totals"] | {"seconds": whole["seconds"]}))
        if out:
            record.write(out, whole)
        self._judge(findings, networks, seed, failures)
        return whole

    def once(self, case: Case) -> None:
        """Compare one case and print what it met.

        Raises:
            ClickException: if it differs.
        """
        outcome = self.compare(case)
        click.echo(record.lines(dict(outcome.counts)))
        if outcome.difference:
            raise click.ClickException(f"{case.name}: {outcome.difference}")
        click.echo(f"{case.name}: 0 differences")

    def _totals(self, findings: Findings) -> dict[str, int]:
        """Known names first, in their order; the edges that were never met are 0."""
        names = dict.fromkeys([*_FIRST, *self.required, *sorted(findings.totals)])
        totals = {name: findings.totals[name] for name in names}
        return totals | {"networks that differ": len(findings.differences)}

    def _judge(self, findings: Findings, networks: int, seed: int, failures: Path) -> None:
        for index, text in sorted(findings.differences.items())[:_SAVED]:
            note(f"{seed}/{index}: {text}")
            self._save(draw(seed, index), failures / f"{self.command}-{seed}-{index}.npz")
        if findings.differences:
            raise click.ClickException(f"{len(findings.differences)} networks differ")
        missing = [name for name in self.required if not findings.totals[name]]
        if missing and networks >= SURELY:
            raise click.ClickException(f"the campaign met no {', no '.join(missing)}")

    def _save(self, case: Case, path: Path) -> None:
        note("  making it smaller ...")
        small = shrink(case, lambda other: self.compare(other).difference is not None)
        save_case(small, path)
        note(f"  {_described(small)}; {self.compare(small).difference}")
        note(f"  replay: python -m benchmarks.campaign {self.command} --replay {path}")


_FIRST = ("networks", "neurons", "neuron updates", "tokens", "steps", "spikes of neurons")


def _described(case: Case) -> str:
    network = case.network
    sizes: Sequence[str] = [f"{name} {size}" for name, size in network.sizes.items()]
    return (
        f"{len(case.spikes)} tokens of {network.steps_per_token} steps, {', '.join(sizes)}, "
        f"{len(network.projections)} projections"
    )
