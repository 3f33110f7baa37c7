"""The token elsewhere: estimates say so, measurements say so, and nothing is guessed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from realsam.errors import ReportError
from realsam.report import estimate, load_costs
from realsam.report.comparison import FOLDER, NOT_MEASURED, Row, compared
from tests.realsam.report.profiles import EVERYTHING, profile, report

ROW = {
    "where": "H200, single stream",
    "batch": 1,
    "seconds_per_token": 2e-4,
    "energy_j_per_token": 0.03,
    "energy_spread_j": 0.01,
    "idle_watts": 80.0,
    "differences": 0,
    "n_tokens": 1000,
    "source": "NVML",
}


def reference(folder: Path, **changes: object) -> Path:
    """A measured reference of the tiny network."""
    network = profile().facts.network
    about = {"machine": "box", "commit": "abc", "command": "python -m x", "date": "2026-11"}
    given = {"format": 1, "network": network, **about, "rows": [ROW]} | changes
    path = folder / "gpu.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    return path


def rows(folder: Path, *tokens: list[int], joules: float | None = None) -> tuple[Row, ...]:
    """The comparison of a run by the first table."""
    given = profile(*tokens)
    given = replace(given, run=replace(given.run, joules=joules))
    return compared(given, [estimate(report(*tokens).quantities, load_costs())], folder)


def test_chip_is_estimated_and_never_timed(tmp_path: Path) -> None:
    """With the table's name, its range, and no time: nothing ran there."""
    chip = rows(tmp_path, EVERYTHING)[0]

    assert (chip.where, chip.energy_is) == ("Loihi 1 (estimated)", "estimated")
    assert (chip.seconds_per_token, chip.differences) == (None, None)
    assert chip.energy_j_per_token == pytest.approx((6 * 23.6 + 16 * 81) * 1e-12)
    assert chip.source.startswith("cost table loihi1: Davies")


def test_this_run_is_timed(tmp_path: Path) -> None:
    """A second per token; its energy only where the CPU tells it."""
    here, measured = (rows(tmp_path, EVERYTHING, EVERYTHING, joules=j)[1] for j in (None, 3.0))

    assert (here.where, here.seconds_per_token) == ("CPU, reference (this run)", 1.0)
    assert (here.energy_j_per_token, here.energy_is) == (None, NOT_MEASURED)
    assert (measured.energy_j_per_token, measured.energy_is) == (1.5, "measured")
    assert measured.source.endswith("idling included")


def test_no_tokens_divide_by_nothing(tmp_path: Path) -> None:
    """Neither a time nor an energy per token."""
    here = rows(tmp_path, joules=3.0)[1]

    assert (here.seconds_per_token, here.energy_j_per_token) == (None, None)


def test_gpu_is_not_guessed(tmp_path: Path) -> None:
    """Without a reference of this network, also if there is one of another."""
    reference(tmp_path, network="0" * 64)

    gpus = rows(tmp_path, EVERYTHING)[2:]

    assert [row.where for row in gpus] == ["GPU, single stream", "GPU, batched"]
    assert {row.energy_is for row in gpus} == {NOT_MEASURED}
    assert {(row.seconds_per_token, row.energy_j_per_token) for row in gpus} == {(None, None)}


def test_reference_of_the_network_is_shown(tmp_path: Path) -> None:
    """With its spread and where it comes from."""
    reference(tmp_path)

    (gpu,) = rows(tmp_path, EVERYTHING)[2:]

    assert vars(gpu) == {
        "where": "H200, single stream",
        "seconds_per_token": 2e-4,
        "energy_j_per_token": 0.03,
        "energy_low_j": pytest.approx(0.02),
        "energy_high_j": pytest.approx(0.04),
        "energy_is": "measured",
        "batch": 1,
        "differences": 0,
        "source": "NVML (box, abc, python -m x, 2026-11)",
    }


def test_reference_without_energy_says_so(tmp_path: Path) -> None:
    """Its time was measured, its energy was not."""
    reference(tmp_path, rows=[ROW | {"energy_j_per_token": None, "energy_spread_j": None}])

    (gpu,) = rows(tmp_path, EVERYTHING)[2:]

    assert (gpu.energy_j_per_token, gpu.energy_is) == (None, NOT_MEASURED)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"network": 3, "rows": 3, "format": None},
        {"machine": None},
        {"rows": None},
        {"rows": [{}]},
        {"rows": [ROW | {"seconds_per_token": float("nan")}]},
        {"rows": [ROW | {"energy_j_per_token": float("inf")}]},
        {"rows": [ROW | {"energy_spread_j": -1}]},
        {"rows": [ROW | {"seconds_per_token": "fast"}]},
    ],
)
def test_bad_reference_is_named(tmp_path: Path, changes: dict[str, Any]) -> None:
    """The file, and what to do."""
    path = reference(tmp_path, **changes)

    with pytest.raises(ReportError) as raised:
        rows(tmp_path, EVERYTHING)

    assert str(raised.value).startswith(f"{path}: no readable reference (")
    assert str(raised.value).endswith("; measure it again: docs/energy.md")


def test_shipped_references_can_be_read() -> None:
    """Whatever network they are of."""
    for path in FOLDER.glob("*.json"):
        given = json.loads(path.read_text(encoding="utf-8"))
        own = profile(EVERYTHING)
        own = replace(own, facts=replace(own.facts, network=given["network"]))
        assert len(compared(own, [])) == 1 + len(given["rows"])
