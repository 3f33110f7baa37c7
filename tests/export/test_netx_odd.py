"""Odd weights of other programs' netx files: the spikes of stock netx, by even weights."""

from importlib.util import find_spec
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.netx import from_netx
from export.netx.odd import even_terms
from realsam.errors import ExportError
from realsam.fixedpoint import shift_sum
from sim.reference import Reference
from tests.export.stock import run_stock


def stacked(path: Path, *layers: dict[str, object]) -> Path:
    """A file of layers, each on top of the one before."""
    with h5py.File(path, "w") as file:
        for i, values in enumerate(layers):
            layer = file.create_group(f"layer/{i}")
            layer["type"] = values.get("type", "dense_rec" if "weight_rec" in values else "dense")
            n = len(np.asarray(values["weight"]))
            layer["shape"] = values.get("shape", [n])
            for key, value in values.items():
                if key not in layer:
                    layer[key] = np.asarray(value, np.float32 if "weight" in key else np.int64)
            neuron = layer.create_group("neuron")
            neuron["type"] = "CUBA"
            neuron["iDecay"], neuron["vDecay"], neuron["vThMant"] = 3000, 200, 150
    return path


@given(st.lists(st.sampled_from([-256, -255, -129, -128, -1, 0, 1, 3, 127, 128, 253, 254])))
def test_even_terms_do_what_odd_weights_do(weights: list[int]) -> None:
    """Each alone, and all together."""
    wanted = np.array([weights], np.int16).reshape(1, -1)
    terms = even_terms(wanted)

    for spikes in (*np.eye(len(weights), dtype=np.int64), np.ones(len(weights), np.int64)):
        got = sum(shift_sum(w.astype(np.int64) @ spikes, exp) for w, exp in terms)
        assert got == wanted.astype(np.int64) @ spikes
    assert all(not np.any(w % 2) for w, _ in terms)


def test_one_projection_is_enough_for_7_bits() -> None:
    """Two are needed where twice a weight has more than 8."""
    small, large = np.array([[-128, 127]], np.int16), np.array([[-129, 4]], np.int16)

    assert [(w.tolist(), e) for w, e in even_terms(small)] == [([[-256, 254]], -1)]
    assert [(w.tolist(), e) for w, e in even_terms(large)] == [([[-130, 4]], 0), ([[2, 0]], -1)]


@pytest.mark.parametrize("weight", [[255, -1], [256, 1], [-257, 1], [301, 0]])
def test_what_stock_netx_cuts_is_refused(weight: list[int], tmp_path: Path) -> None:
    """By its own number; 255 is one where no weight is negative."""
    path = stacked(tmp_path / "n.net", {"weight": [weight]})

    with pytest.raises(ExportError, match=rf"input->layer1: weight\[0, 0\] = {weight[0]} is not"):
        from_netx(path)


@pytest.mark.lava
@pytest.mark.skipif(find_spec("lava") is None, reason="Lava is not installed")
def test_stock_netx_runs_odd_weights_alike(tmp_path: Path) -> None:
    """Of one sign and of both, small and large, recurrent, with delays per synapse."""
    rng = np.random.default_rng(11)
    odd = 2 * rng.integers(-60, 60, (6, 6)) + 1
    layers = (
        {"weight": rng.integers(0, 256, (6, 5))},
        {"weight": odd, "delay": rng.integers(0, 4, (6, 6))},
        {"weight": rng.integers(-250, 254, (6, 6)), "weight_rec": rng.integers(-129, 200, (6, 6))},
        {"weight": rng.integers(-20, 90, (6, 6)), "weight_rec": rng.integers(-20, 90, (6, 6))},
        {"weight": rng.integers(-255, 0, (3, 6)) | 1},
    )
    path = stacked(tmp_path / "n.net", *layers)
    spikes = (rng.random((80, 5)) < 0.4).astype(np.uint8)
    np.save(tmp_path / "in.npy", spikes)

    done = run_stock(path, tmp_path / "in.npy", tmp_path / "out.npz")

    assert done.returncode == 0, done.stderr
    network = from_netx(path)
    reference = Reference(network)
    expected = np.array([reference.step(row) for row in spikes])
    with np.load(tmp_path / "out.npz") as out:
        for k, population in enumerate(network.populations):
            fired = expected[:, network.spans[population.name]]
            np.testing.assert_array_equal(out[f"spikes/{k}"], fired)
            np.testing.assert_array_equal(out[f"voltage/{k}"], reference.state[population.name].v)
            assert fired.any() or k == len(layers) - 1
