"""Energy of the CPU, where the machine tells it: the RAPL counters of Linux.

They count what a whole package takes: all processes, and idling, too. Many machines have none, or
show them to root alone.

Source: Linux `Documentation/power/powercap/powercap.rst` (energy_uj, max_energy_range_uj).
"""

from pathlib import Path

POWERCAP = Path("/sys/class/powercap")


class PackageMeter:
    """Counts from its making on."""

    def __init__(self, folder: Path = POWERCAP) -> None:
        zones = folder.glob("intel-rapl:*")  # AMD's, too; intel-rapl:0:0 is a part of intel-rapl:0
        self._zones = [zone for zone in sorted(zones) if zone.name.count(":") == 1]
        self._start = self._read("energy_uj")

    def joules(self) -> float | None:
        """Energy of all packages so far; None where it cannot be read."""
        now, ranges = self._read("energy_uj"), self._read("max_energy_range_uj")
        if not (self._start and now and ranges):
            return None
        # A counter starts again after its range.
        used = [
            end - start if end >= start else end - start + whole
            for start, end, whole in zip(self._start, now, ranges, strict=True)
        ]
        return sum(used) * 1e-6

    def _read(self, name: str) -> list[int] | None:
        try:
            return [int((zone / name).read_text()) for zone in self._zones]
        except (OSError, ValueError):
            return None
