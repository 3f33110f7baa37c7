"""Planted faults are planted, and found."""

import pytest

from benchmarks.campaign.planted import FAULTS, Fault, found_after, planted


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_can_be_planted(fault: Fault) -> None:
    """Its line stands in the source exactly once; mend FAULTS where the simulator changed."""
    assert fault.wrong in planted(fault)


def test_names_are_unique() -> None:
    """Results are kept by name."""
    assert len(FAULTS) == len({fault.name for fault in FAULTS})


def test_fault_is_found() -> None:
    """In a copy; the simulator here stays as it is."""
    fault = next(f for f in FAULTS if f.name == "step: decay of u by du")

    assert 0 < found_after(fault, 60, 0) <= 60
