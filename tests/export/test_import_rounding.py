"""Scales and roundings: what has room, what is lost, and what a user is told."""

from pathlib import Path

import nir
import numpy as np
import pytest

from export import Choices, from_nir, import_file
from realsam.errors import ExportError
from tests.export.corpus import parity
from tests.export.foreign_nir import DT, chain, integers, integrate, lif, small, written


def test_weights_below_every_unit_are_told(tmp_path: Path) -> None:
    """A threshold that no sum of them reaches: nothing is left, and the report says so."""
    found = import_file(written(small(a=lif(3, threshold=1e9)), tmp_path)).quantized

    assert found is not None
    (link,) = found.links
    assert (link.error.n, link.error.n_lost) == (6, 6)
    assert {r.register for r in found.roundings} == {"weight"}
    assert found.network.projections == ()


def test_saturation_is_told(tmp_path: Path) -> None:
    """Steady inhibition of 600 thresholds leaves 24 bits, while no spike depends on it."""
    weight = np.array([[64.0, 0], [0, -64], [0, 0]])
    given = small(w=nir.Linear(weight), a=integrate(3))

    found = parity(written(given, tmp_path), np.ones((900, 2), np.uint8))

    assert found.full["a"] > 2
    assert found.n_total == 0


def test_files_without_a_unit_of_time_count_in_steps(tmp_path: Path) -> None:
    """Integrators of r = 1, as Sinabs writes them."""
    ones = np.ones(3)
    given = small(a=nir.IF(r=ones, v_threshold=ones * 97, v_reset=ones * 0))

    found = import_file(written(given, tmp_path)).quantized

    assert found is not None
    assert found.model.dt == 1
    assert "r = 1 everywhere" in found.notes[0]
    assert import_file(tmp_path / "n.nir", Choices(dt=0.5)).quantized.model.dt == 0.5  # type: ignore[union-attr]


def test_large_roundings_are_listed(tmp_path: Path) -> None:
    """Place, register, what was wanted, what it got; those below the size are not."""
    given = small(a=lif(3, tau=4096 * DT / 2.4))

    found = import_file(written(given, tmp_path)).quantized

    assert found is not None
    (rounding,) = found.roundings
    assert (rounding.where, rounding.register, rounding.n, rounding.got) == ("a[0]", "dv", 3, 2.0)
    assert rounding.wanted == pytest.approx(2.4)
    assert rounding.error == pytest.approx(0.4 / 2.4)
    assert not import_file(tmp_path / "n.nir", Choices(above=0.2)).quantized.roundings  # type: ignore[union-attr]


def test_paper_scaling_lists_what_it_cuts_off(tmp_path: Path) -> None:
    """One scale of 256 has no room for a weight of 200."""
    path = written(small(w=nir.Linear(np.array([[200.0, 1], [0, 0], [0, 0]]))), tmp_path)

    with pytest.raises(ExportError, match=r"input->a: a weight of 51,200 is more than 32,512"):
        import_file(path, Choices(scaling="nir-paper"))


def test_no_weight_is_clipped() -> None:
    """One outlier costs no bits of the others: it gets an exponent of its own."""
    from export.quantize.weights import by_size

    values = np.random.default_rng(1).normal(size=(40, 40))
    values[3, 4] = 300.0

    terms = by_size("here", values, 300.0)

    got = sum(weight * 2.0**exp for weight, exp in terms)
    assert len(terms) == 2
    assert np.abs(got - values).max() < 2
    assert all(not np.any(terms[0][0].astype(bool) & terms[1][0].astype(bool)) for _ in terms)


@pytest.mark.parametrize("threshold", [0, 1e-9, 1e-3])
def test_weights_above_the_threshold_have_room(threshold: float, tmp_path: Path) -> None:
    """Inhibition counts in weights then."""
    found = parity(written(small(a=lif(3, threshold=threshold)), tmp_path))

    assert found.n_total == 0
    assert found.full["a"] < 1


def test_names_of_the_file_come_first(tmp_path: Path) -> None:
    """What the importer adds gives way."""
    given = chain(
        input=nir.Input(np.array([2])),
        w=nir.Affine(integers(3, 2), np.ones(3) * 9),
        always_on=lif(3),
        output=nir.Output(np.array([3])),
    )

    network = from_nir(written(given, tmp_path))

    assert list(network.sizes) == ["input", "always_on_", "always_on"]
