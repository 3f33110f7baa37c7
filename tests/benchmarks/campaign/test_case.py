"""Files of cases."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.campaign.case import Case, load_case, save_case
from benchmarks.campaign.draw import draw
from realsam.errors import RealSamError


@pytest.mark.parametrize("index", range(20))
def test_file_brings_the_case_back(index: int, tmp_path: Path) -> None:
    """Every register, weight and spike, of all kinds of networks."""
    drawn = draw(3, index)
    save_case(drawn, tmp_path / "new" / "case.npz")

    read = load_case(tmp_path / "new" / "case.npz")

    assert (drawn.name, drawn.network) == (read.name, read.network)
    np.testing.assert_array_equal(drawn.spikes, read.spikes)
    assert drawn.spikes.dtype == read.spikes.dtype == drawn.network.input.dtype


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 half", None])
def test_damaged_file_is_refused(content: bytes | None, tmp_path: Path) -> None:
    """In one line that names it."""
    path = tmp_path / "case.npz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(RealSamError, match=r"case.npz: not a readable case"):
        load_case(path)


def test_other_format_is_refused(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number that this version does not know."""
    monkeypatch.setattr("benchmarks.campaign.case.FORMAT", 1)
    save_case(case, tmp_path / "case.npz")
    monkeypatch.undo()

    with pytest.raises(RealSamError, match="case format 1 is not 3"):
        load_case(tmp_path / "case.npz")
