"""Other libraries read our portable files and write files that we import: spikes, one by one."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.libraries import ours
from benchmarks.libraries.library import NAMES, Library, installed, load, quiet
from benchmarks.libraries.round_trip import Row, back, out, play
from export.nir import to_nir
from export.nir.fold import read_model
from export.quantize import simulate
from export.quantize.schedule import schedule

pytestmark = pytest.mark.libraries
STEPS = 150
OURS = {case.case: case for case in ours.small(STEPS, seed=0)}
PLAYED = {  # networks of the libraries whose spikes are equal to ours
    "snntorch": {
        "Leaky",
        "Leaky, reset_delay",
        "Synaptic",
        "RLeaky, all to all",
        "RLeaky, one to one",
        "Conv2d, Leaky, AvgPool2d",
    },
    "spikingjelly": {
        "IFNode",
        "LIFNode",
        "LIFNode, decay_input",
        "LIFNode, v_reset = 5",
        "ParametricLIFNode",
        "CUBALIFNode",
        "Conv2d, LIFNode, AvgPool2d",
        "skip",
    },
    "norse": {
        "LIFBoxCell, written with dt = 1",
        "LIFBoxCell, imported with --dt 1e-6",
        "LIFCell, tau_syn = dt",
        "IAFCell",
        "Conv2d, LIFBoxCell, types inferred",
    },
}


@pytest.fixture(params=NAMES)
def library(request: pytest.FixtureRequest) -> Library:
    """Each library that is installed."""
    return available(request.param)


def available(package: str) -> Library:
    """The library, or a reason to skip."""
    if not installed(package):
        pytest.skip(f"{package} or nirtorch is not installed: make libraries")
    return load(package)


def played_back(library: Library) -> dict[str, Row]:
    """What came of every network of a library."""
    return {built.case: back(library, built, STEPS, seed=0) for built in library.built()}


@pytest.mark.parametrize("case", [case for case in OURS if case not in (*ours.SKIPS, ours.TIE)])
def test_chains_and_loops_play_as_the_file_says(library: Library, case: str) -> None:
    """Each reader plays each file to the last spike, or refuses it for the reason that is known."""
    row = out(library, OURS[case])

    assert not row.surprise, row
    assert row.refused or row.spikes > 50
    assert bool(row.refused) == (library.name == "SpikingJelly" and case == ours.PER_NEURON)


@pytest.mark.parametrize("package", ["snntorch", "spikingjelly"])
@pytest.mark.parametrize("case", [case for case in OURS if case in ours.SKIPS])
def test_skips_play_as_the_file_says(package: str, case: str) -> None:
    """... in the two readers that order their nodes."""
    row = out(available(package), OURS[case])

    assert row.spikes > 50
    assert (row.refused, row.off_file) == ("", 0)


@pytest.mark.parametrize(
    "case", [name for name, case in OURS.items() if not case.cut and name != ours.TIE]
)
def test_nothing_to_cut_is_equal_to_our_integers(library: Library, case: str) -> None:
    """Voltages that are kept, forgotten or halved without a rest; Norse without skips."""
    if library.name == "Norse" and case in ours.SKIPS:
        pytest.skip("Norse plays skips late")

    row = out(library, OURS[case])

    assert (row.refused, row.off_file, row.off_ours, row.equal_steps) == ("", 0, 0, STEPS)
    assert row.spikes > 50


def test_a_voltage_at_the_threshold_spikes_in_spikingjelly_only(library: Library) -> None:
    """The portable margin keeps integers off the threshold, not what a float makes of them."""
    row = out(library, OURS[ours.TIE])

    assert (row.refused, row.surprise) == ("", False)
    assert row.spikes == row.off_file == row.off_ours
    assert (row.spikes > 0) == (library.name == "SpikingJelly")


def test_norse_plays_a_skip_a_step_late(tmp_path: Path) -> None:
    """Not a spike is lost: its reader is exactly a network whose skip has a delay of one step."""
    library, case = available("norse"), OURS["chain and skip"]
    path = tmp_path / "n.nir"
    to_nir(case.network, path)
    model = read_model(path)
    late = [
        replace(
            p, inputs=tuple(replace(s, lag=int((s.source, p.name) == ("a", "c"))) for s in p.inputs)
        )
        for p in model.populations
    ]
    wrong = replace(model, populations=tuple(late))
    with quiet():
        theirs = play(library.read(path), case.rows, "abc", case.rows.shape[1:])

    right = simulate(model, schedule(model), case.rows).spikes
    expected = simulate(wrong, schedule(wrong), case.rows).spikes

    assert all((theirs[name] == spikes).all() for name, spikes in expected.items())
    assert (theirs["c"] != right["c"]).any()


@pytest.mark.parametrize("package", NAMES)
def test_networks_of_a_library_play_alike(package: str) -> None:
    """Every network plays, differs or is refused as its case says; those that play are exact."""
    rows = played_back(available(package))

    assert [row for row in rows.values() if row.surprise] == []
    assert {case for case, row in rows.items() if not row.refused and not row.off_ours} == PLAYED[
        package
    ]
    assert all(rows[case].spikes > 50 for case in PLAYED[package])


def test_real_weights_differ_by_what_was_rounded_only(library: Library) -> None:
    """The library plays its file; the registers are within a hundredth of it."""
    row = next(row for case, row in played_back(library).items() if "real weights" in case)

    assert (row.off_file, row.refused) == (0, "")
    assert 0 < row.rounding < 0.01
    assert row.off_ours < row.spikes / 5
