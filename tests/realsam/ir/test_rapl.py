"""The energy counters of the CPU, in a folder that looks like Linux's."""

from pathlib import Path

import pytest

from realsam.ir.rapl import PackageMeter


def zone(folder: Path, name: str, uj: object, whole: int = 1000) -> Path:
    """A counter; its range is 1000 microjoules."""
    path = folder / name
    path.mkdir(exist_ok=True)
    (path / "energy_uj").write_text(f"{uj}\n")
    (path / "max_energy_range_uj").write_text(f"{whole}\n")
    return path


def test_packages_are_summed(tmp_path: Path) -> None:
    """Their parts are in them already."""
    for name in ("intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0"):
        zone(tmp_path, name, 100)
    meter = PackageMeter(tmp_path)
    for name, uj in (("intel-rapl:0", 150), ("intel-rapl:1", 107), ("intel-rapl:0:0", 140)):
        zone(tmp_path, name, uj)

    assert meter.joules() == pytest.approx(57e-6)


def test_counter_that_begins_again_goes_on(tmp_path: Path) -> None:
    """It wraps at its range."""
    zone(tmp_path, "intel-rapl:0", 990)
    meter = PackageMeter(tmp_path)
    zone(tmp_path, "intel-rapl:0", 15)

    assert meter.joules() == pytest.approx(25e-6)


def test_no_counters_is_not_measured(tmp_path: Path) -> None:
    """Neither is a folder that is not there."""
    assert PackageMeter(tmp_path).joules() is None
    assert PackageMeter(tmp_path / "nowhere").joules() is None


@pytest.mark.parametrize("damage", ["", "many"])
def test_unreadable_counter_is_not_measured(tmp_path: Path, damage: str) -> None:
    """As one that only root may read."""
    path = zone(tmp_path, "intel-rapl:0", 1)
    meter = PackageMeter(tmp_path)
    (path / "energy_uj").write_text(damage)

    assert meter.joules() is None
    assert PackageMeter(tmp_path).joules() is None
