"""The numpy reference reproduces recordings of stock Lava, in u, v and spikes."""

from pathlib import Path

import numpy as np
import pytest

from realsam.arrays import I64
from realsam.ir import Input, Lif, Network, Projection
from sim.reference import Reference

RECORDING = Path(__file__).parent / "lava_cpu.npz"
CASES = ("chain", "delays", "overflow", "edges")


def parts(case: str) -> dict[str, I64]:
    """Arrays of one case, without the case in their names."""
    with np.load(RECORDING) as file:
        return {n.split("/", 1)[1]: file[n] for n in file.files if n.startswith(f"{case}/")}


def children(arrays: dict[str, I64], kind: str) -> list[str]:
    """Names of the populations or numbers of the projections, in their order."""
    return list(dict.fromkeys(name.split("/")[1] for name in arrays if name.startswith(kind)))


def recorded_network(arrays: dict[str, I64]) -> Network:
    """The network of a case at one step per token."""
    populations = []
    for name in children(arrays, "population"):
        at = f"population/{name}/"
        bias = arrays[at + "mantissa"] << arrays[at + "exponent"]
        registers = arrays[at + "du"], arrays[at + "dv"], bias, arrays[at + "vth"]
        populations.append(Lif(name, *registers))
    projections = []
    for i in children(arrays, "projection"):
        at = f"projection/{i}/"
        projections.append(
            Projection(
                str(arrays[at + "target"]),
                (str(arrays[at + "source"]),),
                arrays[at + "weight"].astype(np.int16),
                arrays[at + "delay"],
                int(arrays[at + "exponent"]),
            )
        )
    lines = Input("in", arrays["input"].shape[1])
    return Network(lines, tuple(populations), tuple(projections), populations[-1].name)


@pytest.mark.parametrize("case", CASES)
def test_reference_reproduces_stock_lava(case: str) -> None:
    """Every u, v and spike of every step equals the recording."""
    arrays = parts(case)
    network = recorded_network(arrays)
    engine = Reference(network)

    for step, spikes in enumerate(arrays["input"]):
        fired = engine.step(spikes)
        for name, state in engine.state.items():
            at = f"recorded/{{}}/{name}"
            assert np.array_equal(arrays[at.format("u")][step], state.u), (name, step)
            assert np.array_equal(arrays[at.format("v")][step], state.v), (name, step)
            assert np.array_equal(arrays[at.format("s")][step], fired[network.spans[name]])


def test_recording_wraps_and_clips() -> None:
    """The overflow case really leaves both registers' ranges, at both ends."""
    arrays = parts("overflow")
    jumps = [np.diff(arrays[f"recorded/u/{name}"], axis=0) for name in ("up", "down")]
    clipped = [arrays[f"recorded/v/{name}"] for name in ("up", "down")]

    assert jumps[0].min() < -(2**23)
    assert jumps[1].max() > 2**23
    assert np.concatenate(clipped).min() == -(2**23) + 1
    assert np.concatenate(clipped).max() == 2**23 - 1
