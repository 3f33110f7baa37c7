"""Counters of CPU packages and of GPUs, or the reason why there is none."""

import sys
from pathlib import Path

import pytest

from benchmarks.energy.meters import Meter, cpu_meter, gpu_meter


def zone(folder: Path, name: str, energy: int, full: int = 999_999) -> Path:
    """A RAPL zone."""
    folder.mkdir()
    for file, value in (("name", name), ("energy_uj", energy), ("max_energy_range_uj", full)):
        (folder / file).write_text(f"{value}\n")
    return folder / "energy_uj"


def test_cpu_packages_are_added_and_their_parts_left_out(tmp_path: Path) -> None:
    """Two packages; the cores of one and the platform are in no sum."""
    first = zone(tmp_path / "intel-rapl:0", "package-0", 100)
    second = zone(tmp_path / "intel-rapl:1", "package-1", 200)
    part = zone(tmp_path / "intel-rapl:0:0", "core", 300)
    meter = cpu_meter(tmp_path)
    assert isinstance(meter, Meter)

    for path, energy in ((first, 500_100), (second, 250_200), (part, 900_000)):
        path.write_text(f"{energy}\n")

    assert meter.joules() == 0.75


def test_a_full_cpu_counter_starts_again(tmp_path: Path) -> None:
    """Twice, between readings."""
    counter = zone(tmp_path / "intel-rapl:0", "package-0", 900_000)
    meter = cpu_meter(tmp_path)
    assert isinstance(meter, Meter)
    readings = []

    for energy in (100_000, 50_000):
        counter.write_text(f"{energy}\n")
        readings.append(meter.joules())

    assert readings == [0.2, 1.15]


def test_absent_and_unreadable_cpu_counters_say_so(tmp_path: Path) -> None:
    """Most systems let only root read them."""
    assert cpu_meter(tmp_path) == f"RAPL: no package in {tmp_path}"
    counter = zone(tmp_path / "intel-rapl:0", "package-0", 0)
    counter.unlink()
    counter.mkdir()

    assert cpu_meter(tmp_path) == f"RAPL: {counter}: Is a directory"


class Nvml:
    """A stand-in for the library: one GPU that counts millijoules, or does not."""

    class NVMLError(Exception):
        """What the library raises."""

    def __init__(self, counts: bool) -> None:
        self._counts = counts

    def nvmlInit(self) -> None:  # noqa: N802 (NVML's name)
        """Nothing to do."""

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:  # noqa: N802
        """A handle."""
        return uuid

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: str) -> int:  # noqa: N802
        """Millijoules."""
        if not self._counts:
            raise self.NVMLError("Not Supported")
        return {"GPU-12": 3_500}[handle]


def test_gpu_counter_is_that_of_the_device_in_joules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by its UUID: CUDA and NVML number devices differently."""
    monkeypatch.setitem(sys.modules, "pynvml", Nvml(counts=True))

    meter = gpu_meter("12")

    assert isinstance(meter, Meter)
    assert meter.joules() == 3.5


def test_absent_gpu_counters_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """No library, or a GPU that does not count."""
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert gpu_meter("12") == "nvidia-ml-py is not installed"
    monkeypatch.setitem(sys.modules, "pynvml", Nvml(counts=False))
    assert gpu_meter("12") == "NVML: Not Supported"
