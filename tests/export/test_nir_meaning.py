"""A spec file means what the network does: read as any foreign file, in float64, it spikes alike.

The reader of foreign files (`export.nir.fold`) and its simulator know nothing of our hints, depths
and registers. Where no register truncates, clips or wraps, every spike must be the same.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.nir import Profile, from_nir, to_nir
from export.nir.fold import read_model
from export.nir.rules import early_biases, plan
from export.nir.write import node_names
from export.quantize import simulate
from export.quantize.schedule import schedule
from realsam.arrays import Spikes
from realsam.errors import ExportError
from realsam.ir import Input, Lif, Network, Projection, Replay, to_network
from sim import reference
from tests import strategies

N_STEPS = 25
SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One place for all examples of a property."""
    return tmp_path_factory.mktemp("nir") / "n.nir"


def exact(rng: np.random.Generator, lif: Lif) -> Lif:
    """A population that neither truncates nor clips in so few steps, most of them biased."""
    n = lif.size
    return replace(
        lif,
        du=np.full(n, 4095),
        dv=rng.choice([0, 4096], n),
        bias=rng.choice([0, 64, -128, 300], n),
        vth=rng.integers(0, 300, n),
        reset=None,
    )


def drawn(seed: int) -> Network:
    """Any graph at one step per token: loops, skips, every column its own delay."""
    rng = np.random.default_rng(seed)
    network = strategies.network(rng, 1)
    late = [rng.choice([0, 0, 0, 1, 2, 5], q.delay.size) for q in network.projections]
    projections = [
        replace(q, weight_exp=int(rng.choice([-1, 0])), delay=delay)
        for q, delay in zip(network.projections, late, strict=True)
    ]
    return replace(
        network,
        input=replace(network.input, message_bits=0),
        populations=tuple(exact(rng, p) for p in network.populations),
        projections=tuple(projections),
    )


def differences(network: Network, file: Path, profile: Profile, n_steps: int = N_STEPS) -> int:
    """Spikes of all nodes that a reader of foreign files finds otherwise."""
    rng = np.random.default_rng(1)
    spikes = (rng.random((n_steps, network.input.size)) < 0.4).astype(np.uint8)
    run = reference.run(network, Replay(spikes))
    to_nir(network, file, profile)
    model = read_model(file)
    found = simulate(model, schedule(model), spikes).spikes
    planned, names = plan(network, profile), node_names(list(network.sizes))
    return sum(
        _unlike(found[names[p.name]], run.spikes[p.name], late)
        for p in planned.populations
        if names[p.name] in found
        for late in [planned.depth[p.name] // network.steps_per_token]
    )


def _unlike(found: Spikes, expected: Spikes, late: int) -> int:
    """A population of depth d plays step t of the file d chip steps later, or earlier."""
    start = max(late, 0)
    end = max(start, len(found) + min(late, 0))
    return int(np.count_nonzero(found[start - late : end - late] != expected[start:end]))


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_any_graph_with_any_delays_and_biases(file: Path, seed: int) -> None:
    """Each spike in its step, from the first step on."""
    network = drawn(seed)

    assert differences(network, file, "spec") == 0
    assert from_nir(file) == network


@pytest.mark.parametrize("profile", ["portable", "spec"])
@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_layers_of_a_token_clock(file: Path, profile: Profile, seed: int) -> None:
    """Skips, recurrence and unheard layers; a step of the file is a token."""
    rng = np.random.default_rng(seed)
    network = to_network(strategies.sparse_clock(rng))
    hidden = [replace(p, dv=rng.choice([0, 4096], p.size)) for p in network.populations[:-1]]
    network = replace(network, populations=(*hidden, network.populations[-1]))

    assert differences(network, file, profile) == 0


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_currents_with_memory(file: Path, seed: int) -> None:
    """Half of it stays, six times before a bit is lost."""
    network = drawn(seed)
    rng = np.random.default_rng(seed)
    halves = [
        replace(p, du=rng.choice([2047, 4095], p.size), bias=np.zeros(p.size, np.int64))
        for p in network.populations
    ]

    assert differences(replace(network, populations=tuple(halves)), file, "spec", n_steps=6) == 0


def test_a_portable_file_begins_with_the_input(file: Path) -> None:
    """A bias is then short of the steps that the input takes: told, and exact in profile spec."""
    lif = Lif("a", *(np.array([x]) for x in (4095, 0, 64, 3)))
    heard = Projection("a", ("in",), np.array([[0]]), np.array([2]))
    network = Network(Input("in", 1), (lif,), (heard,), "a")

    assert early_biases(network, "portable") == {"a": 3}
    assert early_biases(network, "spec") == {}
    assert differences(network, file, "portable") > 0
    assert differences(network, file, "spec") == 0


@settings(max_examples=100, deadline=None)
@given(network=strategies.networks(), profile=st.sampled_from(["portable", "spec"]))
def test_every_network_comes_back_or_is_refused(
    file: Path, network: Network, profile: Profile
) -> None:
    """Whatever its clock, registers, resets and exponents."""
    try:
        to_nir(network, file, profile)
    except ExportError:
        return  # by name: `test_nir_refusals`

    assert from_nir(file) == network


def test_no_network_is_refused_without_need(file: Path) -> None:
    """One step per token, no resets, no rounded sums: the spec profile holds them all."""
    for seed in range(100):
        network = strategies.network(np.random.default_rng(seed), 1)
        network = replace(
            network,
            populations=tuple(replace(p, reset=None) for p in network.populations),
            projections=tuple(
                replace(q, weight_exp=max(-1, q.weight_exp)) for q in network.projections
            ),
        )

        to_nir(network, file, "spec")

        assert from_nir(file) == network
