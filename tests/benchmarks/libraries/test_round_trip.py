"""What is counted, and what the command says where the libraries are not installed."""

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.libraries import __main__ as command
from benchmarks.libraries import ours
from benchmarks.libraries.round_trip import Row, counted, integers, refused
from export.nir.fold import read_model
from export.nir.write import to_nir
from export.quantize import simulate
from export.quantize.schedule import schedule
from realsam.errors import ExportError

ABOUT = Row("snnTorch", "in", "Leaky", known="", cut="")


def spikes(*rows: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Spikes of one population."""
    return {"a": np.array(rows, np.uint8)}


def test_differences_are_counted() -> None:
    """Neurons and steps; and the steps before the first difference from ours."""
    theirs = spikes((1, 0), (0, 1), (1, 1))

    row = counted(ABOUT, theirs, spikes((1, 0), (0, 1), (1, 0)), spikes((1, 0), (1, 0), (1, 0)))

    assert (row.neurons, row.steps, row.spikes) == (2, 3, 4)
    assert (row.off_file, row.off_ours, row.equal_steps) == (1, 3, 1)


def test_no_difference_is_equal_to_the_end() -> None:
    """All steps are equal."""
    row = counted(ABOUT, spikes((1,), (0,)), spikes((1,), (0,)), spikes((1,), (0,)))

    assert (row.off_file, row.off_ours, row.equal_steps) == (0, 0, 2)


@pytest.mark.parametrize(
    ("known", "cut", "counts", "surprise"),
    [
        ("", "", {}, False),
        ("", "", {"off_ours": 1}, True),
        ("", "rounded", {"off_ours": 1}, False),
        ("", "rounded", {"off_file": 1, "off_ours": 1}, True),
        ("late", "", {"off_file": 1, "off_ours": 1}, False),
        ("late", "", {}, True),
        ("no loops", "", {"refused": "no"}, False),
        ("", "", {"refused": "no"}, True),
    ],
)
def test_surprise(known: str, cut: str, counts: dict[str, int], surprise: bool) -> None:
    """A difference needs a reason, and a reason a difference."""
    assert Row("snnTorch", "in", "Leaky", known, cut, **counts).surprise == surprise


def test_refusal_names_who_refused() -> None:
    """One line, without the place of the file."""
    error = ExportError("/tmp/x/network.nir: a[0]: tau = 1 s is too short", "give a smaller --dt")

    assert refused(ABOUT, error).refused.startswith("Real Sam: a[0]: tau = 1 s is too short; ")
    assert refused(ABOUT, ValueError("no\nloops. See there")).refused == "snnTorch: no loops"
    assert refused(ABOUT, KeyError()).refused == "snnTorch: KeyError"


@pytest.mark.parametrize("case", ours.small(40, seed=1), ids=lambda case: case.case)
def test_integers_stand_in_the_steps_of_the_file(case: ours.Ours, tmp_path: object) -> None:
    """Our spikes are those of the file in float64, where nothing is cut and biases are none."""
    path = tmp_path / "n.nir"  # type: ignore[operator]
    to_nir(case.network, path)
    model = read_model(path)
    meant = simulate(model, schedule(model), case.rows).spikes

    found = integers(case.network, case.rows, meant)

    off = sum(int((found[name] != meant[name]).sum()) for name in meant)
    assert {s.shape for s in found.values()} == {(40, ours.HIDDEN)}
    assert off == 0 or case.cut
    assert off < 40 * 3 * ours.HIDDEN / 4


def test_command_without_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that says what to install."""
    monkeypatch.setattr(command, "installed", lambda _: False)

    result = CliRunner().invoke(command.main, [])

    assert result.exit_code == 1
    assert result.stderr == "Error: not installed: snntorch, spikingjelly, norse; make libraries\n"


def test_publishing_needs_every_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record of some would replace that of all."""
    monkeypatch.setattr(command, "installed", lambda package: package == "snntorch")

    result = CliRunner().invoke(command.main, ["--publish"])

    assert result.exit_code == 1
    assert "not installed: spikingjelly, norse; make libraries" in result.stderr
    assert CliRunner().invoke(command.main, ["--publish", "--only", "snntorch"]).exit_code == 2
