"""Numbers that need no rounding come out exact, through every node."""

from pathlib import Path

import nir
import numpy as np
import pytest

from tests.export.corpus import parity, random_spikes
from tests.export.foreign_nir import DT, chain, integers, integrate, lif, small, written

WIDE = np.ones(4)


def conv(out: int, into: int, shape: tuple[int, int], padding: object = (1, 1)) -> nir.Conv2d:
    """A kernel of 3 x 3 with a bias."""
    rng = np.random.default_rng(out)
    weight = rng.integers(-20, 21, (out, into, 3, 3)).astype(np.float32)
    bias = rng.integers(-5, 6, out).astype(np.float32)
    return nir.Conv2d(shape, weight, 1, padding, 1, 1, bias)


def two(*middle: nir.NIRNode, into: int = 4) -> nir.NIRGraph:
    """Two populations with nodes in between."""
    between = {f"n{k}": node for k, node in enumerate(middle)}
    return chain(
        input=nir.Input(np.array([3])),
        w=nir.Linear(integers(4, 3)),
        a=lif(4),
        **between,
        v=nir.Linear(integers(5, into, 1)),
        b=lif(5),
        output=nir.Output(np.array([5])),
    )


GRAPHS = {
    "linear": two(),
    "affine": two(nir.Affine(np.eye(4), np.array([1.0, -1, 0.5, 0]))),
    "scale": two(nir.Scale(np.array([1.0, 2, -1, 3]))),
    "delay": two(nir.Delay(np.array([0, 2, 2, 7]) * DT)),
    "threshold": two(nir.Scale(WIDE * 8), nir.Threshold(WIDE * 3)),
    "subgraph": two(
        chain(
            input=nir.Input(np.array([4])),
            w=nir.Linear(integers(6, 4)),
            c=integrate(6),
            output=nir.Output(np.array([6])),
        ),
        into=6,
    ),
    "v_reset": small(
        a=nir.LIF(
            tau=np.ones(3) * 32 * DT,
            r=np.ones(3) * 32,
            v_leak=np.array([5.0, 37, 5]),
            v_threshold=np.ones(3) * 42,
            v_reset=np.ones(3) * 5,
        )
    ),
    "conv2d": chain(
        input=nir.Input(np.array([2, 5, 6])),
        c=conv(3, 2, (5, 6)),
        a=lif((3, 5, 6)),
        p=nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        d=conv(2, 3, (2, 3), "same"),
        b=integrate((2, 2, 3)),
        f=nir.Flatten({"input": np.array([2, 2, 3])}, 0, -1),
        w=nir.Linear(integers(2, 12)),
        e=lif(2),
        output=nir.Output(np.array([2])),
    ),
    "conv1d": chain(
        input=nir.Input(np.array([2, 9])),
        c=nir.Conv1d(9, integers(6, 3).reshape(3, 2, 3), 2, 1, 1, 1, np.zeros(3)),
        a=lif((3, 5)),
        output=nir.Output(np.array([3, 5])),
    ),
    "avgpool": chain(
        input=nir.Input(np.array([1, 4, 4])),
        p=nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        s=nir.Scale(np.full((1, 2, 2), 4.0)),
        a=lif((1, 2, 2), threshold=3),
        output=nir.Output(np.array([1, 2, 2])),
    ),
    "sum": chain(
        input=nir.Input(np.array([3])),
        w=nir.Linear(integers(4, 3)),
        a=lif(4),
        v=nir.Affine(integers(2, 4), np.array([1.0, -2])),
        output=nir.Output(np.array([2])),
    ),
    "integrated": chain(
        input=nir.Input(np.array([2])),
        w=nir.Linear(np.array([[1.0, 2]])),
        a=nir.I(r=np.ones(1) / DT),
        output=nir.Output(np.array([1])),
    ),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_integers_come_out_exact(name: str, tmp_path: Path) -> None:
    """Decays of 128 / 4096 truncate far below the weights: every spike is the file's."""
    found = parity(written(GRAPHS[name], tmp_path))

    assert found.n_total == 0
    assert all(n > 10 for n in found.n_spikes.values())
    assert found.voltage_rms < 0.01 * max(1, found.voltage_range)


def test_random_spikes_are_the_same_each_time() -> None:
    """So that counts in these tests mean something."""
    assert np.array_equal(random_spikes(3), random_spikes(3))
