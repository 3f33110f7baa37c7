"""Profiles on disk: what comes back, and what is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realsam.errors import ReportError
from realsam.ir import load_run, save_run
from realsam.ir.tensor_file import load_tensors, save_tensors
from realsam.report import (
    Ablation,
    Profile,
    Report,
    load_costs,
    load_profile,
    save_profile,
    to_json,
)
from tests.realsam.report.profiles import EVERYTHING, SILENCE, profile, run


def shown(given: Profile) -> dict[str, Any]:
    """All that a report says of a profile."""
    return to_json(Report(given, (load_costs(),)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with the profile of three tokens."""
    save_profile(profile(EVERYTHING, SILENCE, [0, 1, 3, 0, 0, 1]), tmp_path / "a.run")
    return tmp_path / "a.run"


@pytest.mark.parametrize(
    "tokens", [[], [SILENCE], [EVERYTHING] * 3, [[255] * 6, SILENCE]], ids=["0", "1", "3", "many"]
)
def test_profile_comes_back(tmp_path: Path, tokens: list[list[int]]) -> None:
    """Empty, silent, full, and with neurons that fire often in a token."""
    given = replace(profile(*tokens), ablation=Ablation("a", 1.0, 2.0))
    save_profile(given, tmp_path / "a.run")

    back = load_profile(tmp_path / "a.run")

    assert shown(given) == shown(back)
    assert given.run.digests() == back.run.digests()
    assert np.array_equal(given.run.voltage, back.run.voltage)


def test_energy_of_the_cpu_comes_back(tmp_path: Path) -> None:
    """Where it was measured."""
    measured = replace(profile(SILENCE), run=replace(run(SILENCE), joules=0.25))
    save_profile(measured, tmp_path / "a.run")

    assert load_profile(tmp_path / "a.run").run.joules == 0.25


def test_profile_is_a_run_too(path: Path) -> None:
    """What reads runs reads profiles."""
    assert load_run(path).digests() == load_profile(path).run.digests()


def test_run_alone_is_named(tmp_path: Path) -> None:
    """It lacks the facts."""
    path = tmp_path / "a.run"
    save_run(run(EVERYTHING), path)

    with pytest.raises(ReportError) as raised:
        load_profile(path)

    assert str(raised.value) == (
        f"{path}: is a run without the facts of its network; record it again with `realsam profile`"
    )


def rewritten(path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    """The file with its arrays and plain values changed."""
    tensors, plain = load_tensors(path)
    change(tensors, plain)
    save_tensors(path, tensors, **plain)


def put(*keys: Any, value: object) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    """A change of one plain value."""

    def change(tensors: dict[str, Any], plain: dict[str, Any]) -> None:
        for key in keys[:-1]:
            plain = plain[key]
        plain[keys[-1]] = value

    return change


def array(name: str, value: object) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    """A change of one array."""
    return lambda tensors, _: tensors.update({name: np.array(value)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("realsam", "format", value=3), "run format 3 is not 2; record it again"),
        (put("profile", "format", value=2), "profile format 2 is not 1; record it again"),
        (put("realsam", "network", value="0" * 64), "(its run is of another network)"),
        (put("profile", "facts", "network", value="0"), "(its run is of another network)"),
        (put("profile", "facts", "populations", 1, "name", value="c"), "of other populations"),
        (put("profile", "facts", "populations", 1, "n_neurons", value=3), "of other populations"),
        (put("profile", "facts", "populations", value=[{}]), "not a readable profile"),
        (put("profile", "facts", "links", 0, "source", value="c"), "not a readable profile"),
        (put("profile", "facts", "more", value=1), "not a readable profile"),
        (put("profile", "tokens", value=[1]), "(its text is of another length)"),
        (put("profile", "pieces", value=["a"]), "(its text is of another length)"),
        (put("profile", "n_prompt", value=9), "(its prompt is of another length)"),
        (put("profile", value=[]), "not a readable profile"),
        (put("realsam", "shapes", "a", value=[3, 1]), "not a readable profile"),
        (put("realsam", "shapes", "a", value=[2**40, 2**40]), "not a readable profile"),
        (put("realsam", "shapes", "a", value=[-3, -2]), "not a readable profile"),
        (array("moved/a", [1, 1]), "(its updates are of other populations)"),
        (array("moved/c", [1, 1, 1]), "(its updates are of other populations)"),
        (array("fan_out/0", [1]), "(its links are of other populations)"),
        (array("nats", [0.5]), "(its text is of another length)"),
        (array("nats", [0.5, np.nan]), "(its nats are no numbers)"),
        (array("seconds", [1.0, np.nan, 2.0]), "(its times do not rise)"),
        (array("seconds", [2.0, 1.0, 3.0]), "(its times do not rise)"),
        (array("seconds", [1.0]), "arrays of [1, 3] tokens"),
        (array("voltage", [1, 2, 3]), "not a readable profile"),
    ],
)
def test_damage_is_named(
    path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None], message: str
) -> None:
    """Formats, networks, lengths, numbers that are none: one line, with the file."""
    rewritten(path, change)

    with pytest.raises(ReportError) as raised:
        load_profile(path)

    assert str(raised.value).startswith(f"{path}: ")
    assert message in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 100, -1])
def test_truncated_file_is_named(path: Path, kept: int) -> None:
    """At the start, in its header, at its end."""
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(ReportError, match=r"a\.run: not a readable profile"):
        load_profile(path)


def test_no_file_and_a_folder_are_named(tmp_path: Path) -> None:
    """With their paths."""
    for place in (tmp_path / "nowhere.run", tmp_path):
        with pytest.raises(ReportError) as raised:
            load_profile(place)
        assert str(raised.value).startswith(f"{place}: not a readable profile")


def test_file_is_small(tmp_path: Path) -> None:
    """A bit per neuron and token, four bytes per readout neuron: 8 000 + 64 000 + 8 bytes each."""
    tokens = [EVERYTHING] * 4
    save_profile(profile(*tokens), tmp_path / "a.run")

    tensors, plain = load_tensors(tmp_path / "a.run")

    assert tensors["spikes/a"].nbytes == 1
    assert tensors["voltage"].nbytes == 4 * 2 * 4
    assert json.dumps(plain)  # plain values only
