"""Stock lava-dl runs our plain files spike for spike, and refuses all others."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from export.netx import to_netx
from realsam.arrays import Spikes
from realsam.ir import Input, Lif, Network, Projection, Reset
from sim.reference import Reference
from tests.export.networks import chain
from tests.export.stock import Done, run_stock

pytestmark = [
    pytest.mark.lava,
    pytest.mark.skipif(find_spec("lava") is None, reason="Lava is not installed"),
]


def run_in_stock(network: Network, spikes: Spikes, folder: Path, *extensions: int) -> Done:
    """Run a network in stock netx; `folder / out.npz` gets its spikes and last voltages."""
    files = [folder / name for name in ("n.net", "in.npy", "out.npz")]
    to_netx(network, files[0])
    np.save(files[1], spikes)
    return run_stock(*files, *extensions)


def with_registers(network: Network, rng: np.random.Generator) -> Network:
    """The same synapses between neurons of any registers, with biases that netx can hold."""
    populations = tuple(
        Lif(
            p.name,
            rng.choice([0, 1, 2048, 4095], p.size),
            rng.choice([0, 1, 1024, 4095, 4096], p.size),
            rng.choice([0, 64, -64, 4095 << 6, -(4095 << 6)], p.size),
            rng.choice([0, 1, 300, 131071, 131072], p.size),
        )
        for p in network.populations
    )
    return Network(network.input, populations, network.projections, network.readout)


@pytest.mark.parametrize("any_registers", [False, True])
def test_plain_chain_runs_exactly(any_registers: bool, tmp_path: Path) -> None:
    """All spikes of all layers, and every voltage at the end."""
    rng = np.random.default_rng(7)
    mixed = (2 * rng.integers(-128, 128, (6, 5))).astype(np.int16)
    recurrent = rng.choice([-256, -64, 0, 2, 128, 254], (7, 6 + 7)).astype(np.int16)
    inhibitory = rng.choice([-254, -6, 0], (4, 7)).astype(np.int16)
    excitatory = rng.choice([0, 64, 128], (3, 4)).astype(np.int16)
    network = chain(mixed, recurrent, inhibitory, excitatory, vth=100)
    network = with_registers(network, rng) if any_registers else network
    spikes = (rng.random((60, 5)) < 0.4).astype(np.uint8)

    done = run_in_stock(network, spikes, tmp_path)

    assert done.returncode == 0, done.stderr
    assert_equal(network, spikes, tmp_path / "out.npz")


def assert_equal(network: Network, spikes: Spikes, path: Path) -> None:
    """All spikes and last voltages of stock netx are those of the reference."""
    reference = Reference(network)
    expected = np.array([reference.step(row) for row in spikes])
    assert expected[:, network.spans["layer1"]].any()
    with np.load(path) as out:
        for k, population in enumerate(network.populations):
            np.testing.assert_array_equal(
                out[f"spikes/{k}"], expected[:, network.spans[population.name]]
            )
            np.testing.assert_array_equal(out[f"voltage/{k}"], reference.state[population.name].v)


@pytest.mark.parametrize(("interval", "offset"), [(7, 0), (3, 2), (1, 0)])
def test_payloads_and_resets_are_those_of_stock_netx(
    interval: int, offset: int, tmp_path: Path
) -> None:
    """Which takes them as arguments, and resets each layer a step after the one before."""
    rng = np.random.default_rng(3)
    first = (2 * rng.integers(-128, 128, (6, 5))).astype(np.int16)
    second = rng.choice([-256, -64, 0, 2, 128, 254], (4, 6)).astype(np.int16)
    plain = with_registers(chain(first, second, vth=100), rng)
    payloads = rng.choice(np.array([-128, -1, 0, 0, 1, 127], np.int32), (60, 5))

    done = run_in_stock(plain, payloads, tmp_path, 8, interval, offset)

    assert done.returncode == 0, done.stderr
    forgetful = tuple(
        replace(p, reset=Reset(interval, (offset + k) % interval))
        for k, p in enumerate(plain.populations)
    )
    ours = replace(plain, input=Input("input", 5, 8), populations=forgetful)
    assert_equal(ours, payloads, tmp_path / "out.npz")


@pytest.mark.parametrize("what", ["payloads", "resets"])
def test_payloads_and_resets_are_refused(what: str, tmp_path: Path) -> None:
    """Stock netx does not run another network for want of an argument."""
    network = chain(np.array([[2, 4]], np.int16))
    lif = replace(network.populations[0], reset=Reset(4))
    ours = {
        "payloads": replace(network, input=Input("input", 2, 8)),
        "resets": replace(network, populations=(lif,)),
    }[what]

    done = run_in_stock(ours, np.ones((4, 2), np.int32), tmp_path)

    assert done.returncode == 1
    assert done.stderr.strip().endswith("NotImplementedError: concat is not implemented.")


def test_skip_is_refused(tmp_path: Path) -> None:
    """Stock netx stops at the concat instead of running another network."""
    weight = np.array([[2, 4]], np.int16)
    lifs = tuple(
        Lif(name, *(np.array([x]) for x in (4095, 1024, 0, 1))) for name in ("layer1", "layer2")
    )
    into = (
        Projection("layer1", ("input",), weight[:, :1], np.array([0])),
        Projection("layer2", ("layer1", "input"), weight, np.array([0, 1])),
    )
    network = Network(Input("input", 1), lifs, into, "layer2")

    done = run_in_stock(network, np.ones((4, 1), np.uint8), tmp_path)

    assert done.returncode == 1
    assert done.stderr.strip().endswith("NotImplementedError: concat is not implemented.")
