"""Energy counters: of an NVIDIA GPU through NVML, of CPU packages through RAPL.

A counter that is not there is a text that says why, and then nothing is said of energy.
Sources: NVML API reference, nvmlDeviceGetTotalEnergyConsumption (millijoules of the whole board
since the driver was loaded); Linux Documentation/power/powercap/powercap.rst (energy_uj).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")


@dataclass(frozen=True)
class Meter:
    """A counter that only grows."""

    source: str  # what it counts, for people
    joules: Callable[[], float]  # since some moment in the past


def gpu_meter(uuid: str) -> Meter | str:
    """The counter of the GPU with that UUID, as CUDA spells it."""
    try:
        import pynvml
    except ImportError:
        return "nvidia-ml-py is not installed"

    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
        pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)  # not every GPU counts
    except pynvml.NVMLError as error:
        return f"NVML: {error}"
    return Meter(
        "NVML total energy of the board, idle subtracted",
        lambda: pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3,
    )


def cpu_meter(folder: Path = POWERCAP) -> Meter | str:
    """The counters of all CPU packages together; their parts (cores, memory) are in them."""
    packages = [path.parent for path in sorted(folder.glob("*/name")) if _is_package(path)]
    try:
        counters = [_Package(package) for package in packages]
    except OSError as error:  # only root may read it, on most systems
        return f"RAPL: {error.filename}: {error.strerror}"
    if not counters:
        return f"RAPL: no package in {folder}"
    return Meter(
        "RAPL energy of the CPU packages, idle subtracted",
        lambda: sum(counter.joules() for counter in counters),
    )


def _is_package(path: Path) -> bool:
    return path.read_text(encoding="utf-8").startswith("package")


class _Package:
    """A counter in microjoules that starts again at 0 when it is full."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "energy_uj"
        self._range = _number(folder / "max_energy_range_uj")
        self._last, self._total = _number(self._path), 0

    def joules(self) -> float:
        """Since the first reading."""
        now = _number(self._path)
        self._total += (now - self._last) % (self._range + 1)
        self._last = now
        return self._total / 1e6


def _number(path: Path) -> int:
    return int(path.read_text(encoding="utf-8"))
