"""Numbers that no register could hold are named; none is rounded to 0 or becomes infinite."""

from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from export.imported import Choices, import_file
from export.quantize import Scaling
from realsam.errors import ExportError
from tests.export.broken_nir import Change, changed, put, refusal
from tests.export.corpus import parity
from tests.export.foreign_nir import DT, chain, integers, lif, small, written

THREE = np.ones(3)
FIELDS = ("tau", "r", "v_leak", "v_threshold", "v_reset", "weight")
WEIGHTS = np.array([[50.0, -30], [20, 40], [-10, 60]])


def scaled(field: str, factor: float) -> Change:
    """A field of the neurons, or all weights, times a factor."""
    key = "nodes/w/weight" if field == "weight" else f"nodes/a/{field}"
    values = WEIGHTS if field == "weight" else THREE
    return put(key, values * factor)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [1e31, -1e300])
def test_numbers_beyond_every_unit_are_refused(field: str, value: float, tmp_path: Path) -> None:
    """With node, field and place."""
    found = refusal(changed(tmp_path, scaled(field, value)))

    node = "w: weight[0, 0]" if field == "weight" else f"a: {field}[0]"
    assert found.startswith(f"{node} = ")
    assert found.endswith(" is beyond 1e+30")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [1e-33, 5e-324])
def test_numbers_below_every_unit_are_refused(field: str, value: float, tmp_path: Path) -> None:
    """A 0 has to be a 0."""
    found = refusal(changed(tmp_path, scaled(field, value)))

    node = "w: weight[0, 0]" if field == "weight" else f"a: {field}[0]"
    assert found.startswith(f"{node} = ")
    assert found.endswith(" is below 1e-30, but not 0")


def test_single_weights_may_be_next_to_nothing(tmp_path: Path) -> None:
    """As trained ones are: they are 0 beside the others."""
    weights = integers(3, 2)
    weights[0] = 1e-40, 5e-324

    assert parity(written(small(w=nir.Linear(weights)), tmp_path)).n_total == 0


@pytest.mark.parametrize("factor", [2.0**-83, 2.0**83])
def test_units_do_not_matter(factor: float, tmp_path: Path) -> None:
    """Weights and thresholds in any unit give the same registers."""
    given = small(w=nir.Linear(integers(3, 2) * factor), a=lif(3, threshold=37 * factor))
    plain = import_file(written(small(), tmp_path)).network

    found = import_file(written(given, tmp_path)).network

    np.testing.assert_array_equal(plain.projections[0].weight, found.projections[0].weight)
    assert plain.populations[0].vth.tolist() == found.populations[0].vth.tolist()


@pytest.mark.parametrize("scaling", ["best", "nir-paper"])
@pytest.mark.parametrize("threshold", [1e-29, 1e-15, 1e20, 1e29])
def test_threshold_that_no_weight_meets_is_refused(
    threshold: float, scaling: Scaling, tmp_path: Path
) -> None:
    """Further apart than the digits of float64."""
    path = written(small(a=lif(3, threshold=threshold)), tmp_path)

    found = refusal(path, scaling=scaling)

    assert found.startswith(f"a: a threshold of {threshold:g} beside weights of ")


@pytest.mark.parametrize(("factor", "node"), [(1e25, "w2"), (1e-25, "w2")])
def test_chain_of_extreme_weights_names_the_node(factor: float, node: str, tmp_path: Path) -> None:
    """Their product would overflow, or vanish, some nodes later."""
    weights = {f"w{k}": nir.Linear(np.eye(2) * factor) for k in range(20)}
    given = chain(
        input=nir.Input(np.array([2])), **weights, a=lif(2), output=nir.Output(np.array([2]))
    )

    found = refusal(written(given, tmp_path))

    assert found == f"{node}: its weights come to {factor**3:g}, outside 1e-60..1e+60"


def test_gain_of_the_neurons_counts_too(tmp_path: Path) -> None:
    """Weights times r times w_in."""
    given = small(
        w=nir.Linear(WEIGHTS * 1e25),
        a=nir.CubaLIF(
            tau_syn=THREE * DT,
            tau_mem=THREE * DT,
            r=THREE * 1e25,
            v_leak=THREE * 0,
            v_threshold=THREE,
            w_in=THREE * 1e25,
        ),
    )

    assert refusal(written(given, tmp_path)) == "a: its weights come to 6e+76, outside 1e-60..1e+60"


@pytest.mark.parametrize("dt", [1e-320, 1e-31, -1.0, 1e31, float("inf")])
def test_impossible_time_step_is_refused(dt: float, tmp_path: Path) -> None:
    """Before it divides anything."""
    found = refusal(written(small(), tmp_path), dt=dt)

    assert found == f"dt = {dt:g} s is outside 1e-30..1e+30"


def test_bias_beyond_every_weight_is_refused(tmp_path: Path) -> None:
    """In few digits, where the scale cannot give way."""
    given = small(w=nir.Affine(integers(3, 2), np.array([1e12, 0, 0])))

    with pytest.raises(ExportError, match=r"always_on->a: a weight of 2\.56e\+14 is more than"):
        import_file(written(given, tmp_path), Choices(scaling="nir-paper"))


@pytest.mark.parametrize("dtype", ["?", "u1", "u8", "i1", "f2", "f4", "f8", np.longdouble])
def test_numbers_of_every_type_are_numbers(dtype: object, tmp_path: Path) -> None:
    """Whatever h5py can store."""

    def change(node: h5py.Group) -> None:
        put("nodes/w/weight", np.ones((3, 2)).astype(dtype))(node)  # type: ignore[call-overload]
        put("nodes/a/v_threshold", THREE.astype(dtype))(node)  # type: ignore[call-overload]

    assert parity(changed(tmp_path, change)).n_total == 0


def test_extended_precision_does_not_become_infinite(tmp_path: Path) -> None:
    """Checked before it is cut to 64 bits."""
    huge = np.full((3, 2), np.longdouble("1e4000"))

    found = refusal(changed(tmp_path, put("nodes/w/weight", huge)))

    assert found == "w: weight[0, 0] = 1e+4000 is beyond 1e+30"


def test_slow_neurons_are_told(tmp_path: Path) -> None:
    """A decay that is less than a register can hold is rounded to none, and listed."""
    found = import_file(written(small(a=lif(3, tau=1e6 * DT, threshold=1e-4)), tmp_path)).quantized

    assert found is not None
    assert ("dv", 0.0) in {(r.register, r.got) for r in found.roundings}
