"""The script of docs/index.html steps a network as the reference does: every u, v and spike."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.page import wire
from benchmarks.page.sheet import sheet
from realsam.arrays import Spikes
from realsam.ir import Network, Replay
from realsam.report import count, facts_of
from sim import reference
from sim.reference import Reference
from tests import strategies
from tests.docs import reading

# Plays cases of a network and payloads [T, M]; as text, for so many numbers.
PLAY = """(cases) => JSON.stringify(cases.map(([network, payloads]) => {
    const chip = new Chip(network);
    const first = network.input.size;
    return payloads.map((row) => {
        const fired = chip.step(row);
        const neurons = fired.map(([neuron]) => neuron - first).filter((neuron) => neuron >= 0);
        const state = (register) => chip.populations.flatMap((p) => [...p[register]]);
        return [neurons, state("u"), state("v"), chip.operations(fired)];
    });
}))"""
Case = tuple[Network, Spikes]
Browse = Callable[..., Any]


def in_browser(browse: Browse, cases: list[Case], program: str = PLAY) -> list[Any]:
    """What the page's script makes of each case: per step neurons that fired, u, v, operations."""
    page = browse(reading.PAGE, reduced_motion="reduce")
    told = [[wire.to_json(network), payloads.tolist()] for network, payloads in cases]
    found: list[Any] = json.loads(page.evaluate(program, told))
    return found


def of_reference(case: Case) -> list[Any]:
    """The same from the reference, without the operations."""
    network, payloads = case
    engine, steps = Reference(network), []
    for row in payloads:
        fired = engine.step(row.astype(network.input.dtype))[network.input.size :]
        states = engine.state.values()
        registers = ([*np.concatenate([getattr(s, r) for s in states])] for r in ("u", "v"))
        steps.append([np.flatnonzero(fired).tolist(), *registers])
    return steps


def pointed(steps: int) -> Case:
    """The network of the page, and a pointer that wanders over it and rests."""
    drawn, rng = sheet(), np.random.default_rng(0)
    lines = drawn.network.input.size
    payloads = np.zeros((steps, lines), np.int32)
    for k in range(0, steps, 20):
        some = rng.choice(lines, rng.integers(0, 40), replace=False)
        payloads[k : k + 15, some] = rng.integers(1, 128, some.size)
    return drawn.network, payloads


def without_resets(network: Network) -> Network:
    """What the script can play."""
    return replace(network, populations=tuple(replace(p, reset=None) for p in network.populations))


def drawn(rng: np.random.Generator, number: int) -> list[Case]:
    """Random networks with input: edges of registers, wraps, clips, delays of 62, payloads."""
    networks = [without_resets(strategies.network(rng, 1)) for _ in range(number)]
    return [(network, strategies.input_spikes(rng, network, 90)) for network in networks]


def test_the_network_of_the_page_equals_the_reference(browse: Browse) -> None:
    """Through 400 steps with a pointer: spikes, currents and voltages, `==`."""
    network, payloads = pointed(400)
    assert json.loads(json.dumps(wire.to_json(network))) == reading.data()["network"]
    page = browse(reading.PAGE, reduced_motion="reduce")

    told = page.evaluate(f"(payloads) => ({PLAY})([[data.network, payloads]])", payloads.tolist())

    (found,) = json.loads(told)
    expected = of_reference((network, payloads))
    assert sum(len(step[0]) for step in expected) > 1000
    for k, (step, of_page) in enumerate(zip(expected, found, strict=True)):
        assert step == of_page[:3], f"step {k}"


def test_random_networks_equal_the_reference(browse: Browse, request: Any) -> None:
    """Others in every run."""
    cases = drawn(np.random.default_rng(int(request.config.option.hypothesis_seed)), 120)

    for case, found in zip(cases, in_browser(browse, cases), strict=True):
        assert of_reference(case) == [step[:3] for step in found]


def test_operations_are_those_of_a_report(browse: Browse) -> None:
    """The page counts synaptic operations as `realsam report` does."""
    network, payloads = pointed(200)
    counts = count(facts_of(network), reference.run(network, Replay(payloads)))

    (steps,) = in_browser(browse, [(network, payloads)])

    assert counts.n_synops.tolist() == [step[3] for step in steps]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Math.trunc((x", "Math.floor((x"),
        ("Math.floor(a * scale)", "Math.trunc(a * scale)"),
        ("u > STATE_MAX + 1 ?", "u > STATE_MAX ?"),
        ("u <= -STATE_MAX - 1", "u < -STATE_MAX - 1"),
        ("once <= -STATE_MAX - 1 ? once + STATE_SPAN : once", "once"),
        ("Math.min(Math.max(v, -STATE_MAX), STATE_MAX)", "v"),
        ("p.v[i] > p.vth[i] * 64", "p.v[i] >= p.vth[i] * 64"),
        ("p.du[i] + 1", "p.du[i]"),
        ("at(-1 - link.delay)", "at(-2 - link.delay)"),
        ("HISTORY = 63", "HISTORY = 62"),
        ("payload * row", "row"),
        ("p.v[i] = 0;", ""),
    ],
)
def test_a_fault_in_the_script_is_found(browse: Browse, right: str, wrong: str) -> None:
    """The comparison itself: with the script changed, some network differs."""
    script = (Path(wire.__file__).parent / "template" / "chip.js").read_text(encoding="utf-8")
    assert script.count(right) == 1
    assert script in reading.source()
    program = f"(cases) => {{ {script.replace(right, wrong)}; return ({PLAY})(cases); }}"
    cases = drawn(np.random.default_rng(0), 120)

    found = in_browser(browse, cases, program)

    pairs = zip(cases, found, strict=True)
    assert any(of_reference(case) != [step[:3] for step in steps] for case, steps in pairs)
