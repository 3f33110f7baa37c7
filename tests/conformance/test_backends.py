"""Every backend gives the spikes and voltages of the reference, on every case.

The cases are networks on the edges first, then drawn ones, then the shipped model. Tests name no
backend: `--backend NAME` picks some, and the table `UNSUPPORTED` says what one refuses, and why.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from export.bundle import SHIPPED, TALKS, load_bundle
from realsam.arrays import Spikes
from realsam.cli.backends import BACKENDS, Backend, require
from realsam.errors import BackendUnavailableError, NetworkError
from realsam.ir import (
    ClosedLoop,
    Input,
    Layer,
    Network,
    Replay,
    Reset,
    Run,
    Sampler,
    TokenClock,
    as_list,
    readout_layer,
    to_network,
)
from realsam.report import count, facts_of, first_difference
from sim import reference
from tests import strategies, tiny

Case = tuple[Network, Spikes]  # and input spikes [K, M]
TOKENS = 12


def dense(seed: int) -> Case:
    """A language model's network with registers on the edges."""
    rng = np.random.default_rng(seed)
    network = to_network(strategies.token_clock(rng))
    return network, strategies.input_spikes(rng, network, TOKENS)


def sparse(seed: int) -> Case:
    """Layers that hear some of the others."""
    rng = np.random.default_rng(seed)
    network = to_network(strategies.sparse_clock(rng))
    return network, strategies.input_spikes(rng, network, TOKENS)


def free(seed: int, steps_per_token: int | None = None) -> Case:
    """Any network: current memory, biases, exponents, delays."""
    rng = np.random.default_rng(seed)
    network = strategies.network(rng, steps_per_token)
    return network, strategies.input_spikes(rng, network, TOKENS)


def token_of(steps: int) -> Case:
    """Three layers in the shortest or the longest token."""
    network = to_network(tiny.clock(steps))
    return network, strategies.input_spikes(np.random.default_rng(0), network, TOKENS)


def driven(*lines: int) -> Case:
    """The tiny clock with the same lines in every token."""
    return to_network(tiny.clock()), np.tile(np.array(lines, np.uint8), (TOKENS, 1))


def wrapping() -> Case:
    """Currents beyond 24 bits in a layer and in the readout, at both ends."""
    lines = 600
    weight = np.array([[254] * lines, [-256] * lines], np.int16)
    layer = Layer("layer1", np.array([0, 4096]), np.array([1, 131072]), ("in",), weight)
    clock = TokenClock(Input("in", lines), (layer, readout_layer("readout", ("in",), weight)), 3)
    return to_network(clock), np.tri(lines, dtype=np.uint8)[49::50]


def clipping() -> Case:
    """Voltages that are driven into their ends: without leak and with the slowest."""
    lines = 400
    weight = np.array([[254] * lines, [-256] * lines] * 2, np.int16)
    registers = np.array([0, 0, 1, 1]), np.full(4, 131072)
    layer = Layer("layer1", *registers, ("in",), weight)
    out = readout_layer("readout", ("layer1",), np.full((1, 4), 2, np.int16))
    clock = TokenClock(Input("in", lines), (layer, out), 4)
    return to_network(clock), np.ones((TOKENS, lines), np.uint8)


def feedback() -> Case:
    """Layer a hears layer b a token later; b spikes and is read."""
    layers = (
        Layer("a", np.array([300]), np.array([5]), ("in", "b"), np.array([[6, 20]], np.int16)),
        Layer("b", np.array([40]), np.array([3]), ("a",), np.array([[8]], np.int16)),
    )
    spikes = np.random.default_rng(0).integers(0, 2, (30, 1), dtype=np.uint8)
    return to_network(TokenClock(Input("in", 1), layers, 5)), spikes


def graded(bits: int = 8) -> Case:
    """A token clock with payloads on its lines, from one end to the other: no token clock."""
    clock = to_network(tiny.clock())
    network = replace(clock, input=replace(clock.input, message_bits=bits))
    low, high = network.input.payloads
    ends = np.array([0, 1, -1, low, high], np.int32)
    return network, np.random.default_rng(bits).choice(ends, (TOKENS, network.input.size))


def resets(*intervals: int) -> Case:
    """A token clock whose populations forget at these intervals: no token clock."""
    network, _ = driven()
    forgetful = tuple(
        replace(p, reset=Reset(interval, interval - 1))
        for p, interval in zip(network.populations, intervals, strict=True)
    )
    spikes = strategies.input_spikes(np.random.default_rng(2), network, TOKENS)
    return replace(network, populations=forgetful), spikes


def graded_and_reset() -> Case:
    """Both, with current memory, delays, exponents and several projections."""
    rng = np.random.default_rng(5)
    network = strategies.network(rng, 3)
    lines = replace(network.input, message_bits=9)
    forgetful = tuple(replace(p, reset=Reset(4, i % 4)) for i, p in enumerate(network.populations))
    network = replace(network, input=lines, populations=forgetful)
    return network, strategies.input_spikes(rng, network, TOKENS)


def lists(bits: int = 0) -> Case:
    """Every weight matrix as a list, with delays, exponents and a population heard twice."""
    rng = np.random.default_rng(7)
    network = strategies.network(rng, 3)
    twice = (*network.projections, network.projections[0])
    network = replace(
        network,
        input=replace(network.input, message_bits=bits),
        projections=tuple(replace(q, weight=as_list(q.matrix)) for q in twice),
    )
    return network, strategies.input_spikes(rng, network, TOKENS)


def memory() -> Case:
    """A token clock whose first layer keeps a little current: no token clock any more."""
    network, spikes = driven(1, 1)
    first, *others = network.populations
    first = replace(first, du=np.full(first.size, 4094))
    return replace(network, populations=(first, *others)), spikes


CASES: dict[str, Callable[[], Case]] = {
    "silence": lambda: driven(0, 0),
    "all-lines": lambda: driven(1, 1),
    "shortest-token": lambda: token_of(4),
    "longest-token": lambda: token_of(62),
    "wrap": wrapping,
    "clip": clipping,
    "feedback": feedback,
    "current-memory": memory,
    "graded-2": lambda: graded(2),
    "graded-8": graded,
    "graded-16": lambda: graded(16),
    "resets": lambda: resets(7, 1, 5),
    "rare-resets": lambda: resets(14, 1000, 62),
    "graded-and-reset": graded_and_reset,
    "lists": lists,
    "lists-graded": lambda: lists(8),
    "one-step-per-token": lambda: free(3, 1),
    **{f"dense-{seed}": lambda seed=seed: dense(seed) for seed in (0, 1)},
    **{f"sparse-{seed}": lambda seed=seed: sparse(seed) for seed in (0, 1)},
    **{f"free-{seed}": lambda seed=seed: free(seed) for seed in (5, 8)},
}
NO_CLOCK = "the network follows no token clock"
UNSUPPORTED: dict[tuple[str, str], str] = {
    (case, "torch"): NO_CLOCK
    for case in CASES
    if case.startswith(("current", "one-step", "free", "graded", "lists", "resets", "rare"))
} | {("feedback", "torch"): "it goes through the layers once per token"}


@cache
def expected(case: str) -> tuple[Case, Run]:
    """A case and what the reference makes of it."""
    network, spikes = CASES[case]()
    return (network, spikes), reference.run(network, Replay(spikes))


@cache
def played(case: str, backend_name: str) -> Run:
    """What a backend makes of a case; what it refuses, it refuses again."""
    network, spikes = expected(case)[0]
    return require(backend_name)(network, Replay(spikes))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend_name" not in metafunc.fixturenames:
        return
    names = metafunc.config.getoption("backend") or list(BACKENDS)
    marks = {name: [pytest.mark.lava] if name.startswith("lava") else [] for name in names}
    if "case" not in metafunc.fixturenames:
        metafunc.parametrize("backend_name", [pytest.param(n, marks=marks[n]) for n in names])
        return
    pairs = []
    for case, name in product(CASES, names):
        reason = UNSUPPORTED.get((case, name))
        refused = [pytest.mark.xfail(raises=NetworkError, reason=reason)] if reason else []
        pairs.append(pytest.param(case, name, marks=[*marks[name], *refused]))
    metafunc.parametrize(("case", "backend_name"), pairs)


@pytest.fixture
def backend(backend_name: str) -> Backend:
    """The backend, or a skip with what is missing."""
    try:
        return require(backend_name)
    except BackendUnavailableError as missing:
        pytest.skip(str(missing))


def assert_equal(truth: Run, run: Run, readout: str) -> None:
    """Every spike of every population, every readout voltage, every token."""
    assert first_difference(truth, run, readout) is None
    assert truth.n_tokens == run.n_tokens
    assert truth.network == run.network
    assert truth.digests() == run.digests()


@pytest.mark.usefixtures("backend")
def test_backend_equals_reference(case: str, backend_name: str) -> None:
    """Recorded input spikes."""
    (network, _), truth = expected(case)

    assert_equal(truth, played(case, backend_name), network.readout)


@pytest.mark.usefixtures("backend")
def test_backend_costs_the_same(case: str, backend_name: str) -> None:
    """Spikes, operations and messages of every token, population and link."""
    (network, _), truth = expected(case)
    facts = facts_of(network)

    ours, theirs = count(facts, truth), count(facts, played(case, backend_name))

    for name in ("n_spikes", "n_active", "n_synops", "n_messages"):
        for a, b in zip(ours.populations, theirs.populations, strict=True):
            assert getattr(a, name).tolist() == getattr(b, name).tolist()
    for a, b in zip(ours.links, theirs.links, strict=True):
        assert a.n_synops.tolist() == b.n_synops.tolist()
        assert a.n_messages.tolist() == b.n_messages.tolist()


def test_backend_writes_the_same_text(backend: Backend) -> None:
    """Closed loop: the same tokens from the same seed."""
    rng = np.random.default_rng(9)
    network = to_network(strategies.token_clock(rng, width=16, lines=8, readout=6))
    host = strategies.host(rng, network)
    loops = [ClosedLoop(host, [3, 1, 4], Sampler(1.0, seed=7), 15) for _ in range(2)]

    truth = reference.run(network, loops[0])
    run = backend(network, loops[1])

    assert loops[0].tokens == loops[1].tokens
    assert_equal(truth, run, network.readout)


@pytest.mark.skipif(not (SHIPPED.exists() and TALKS.exists()), reason="no model is shipped")
@pytest.mark.parametrize("model", [SHIPPED, TALKS], ids=lambda path: path.name)
def test_backend_equals_the_training_module(backend: Backend, model: Path) -> None:
    """The shipped models on their probe text, against the record taken in training."""
    bundle = load_bundle(model)
    spikes = bundle.record.spikes[bundle.network.input.name]

    run = backend(bundle.network, Replay(spikes))

    assert_equal(bundle.record, run, bundle.network.readout)
    assert bundle.manifest["probe"]["digests"] == run.digests()


def test_cases_wrap_and_clip() -> None:
    """The edge cases really reach their edges."""
    (_, wrapped), (_, clipped) = expected("wrap"), expected("clip")

    assert wrapped.voltage.min() < -(2**22)
    assert wrapped.voltage.max() > 2**22
    assert np.diff(wrapped.voltage[:, 0]).min() < -(2**23)
    engine = reference.Reference(expected("clip")[0][0])
    for row in expected("clip")[0][1]:
        engine.token(row)
    assert {abs(v) for v in engine.state["layer1"].v[:2].tolist()} == {2**23 - 1}
    assert clipped.n_tokens == TOKENS


def test_drawn_cases_spike() -> None:
    """A case in which nothing happens would prove nothing."""
    for case in CASES:
        (network, _), truth = expected(case)
        spikes = sum(int(truth.spikes[p.name].sum()) for p in network.populations)
        assert spikes or case in {"silence", "clip"}, case
