"""The script of docs/index.html steps a network as the reference does: every u, v and spike."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.campaign import case as campaign
from benchmarks.campaign.draw import draw
from benchmarks.page import wire
from benchmarks.page.sheet import sheet
from realsam.arrays import Spikes
from realsam.ir import Network, Replay
from realsam.report import count, facts_of
from sim import reference
from sim.reference import Reference
from tests.docs import reading

# Plays cases of a network and payloads [T, M]; as text, for so many numbers.
PLAY = """(cases) => JSON.stringify(JSON.parse(cases).map(([network, payloads]) => {
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
    found: list[Any] = json.loads(page.evaluate(program, json.dumps(told)))
    return found


def of_reference(case: Case) -> list[Any]:
    """The same from the reference, without the operations."""
    network, payloads = case
    engine, steps = Reference(network), []
    for row in payloads:
        fired = engine.step(row.astype(network.input.dtype))[network.input.size :]
        states = engine.state.values()
        registers = (np.concatenate([getattr(s, r) for s in states]).tolist() for r in ("u", "v"))
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


@cache
def drawn(seed: int) -> tuple[list[Case], list[Any]]:
    """Cases of the campaign, edges first, and what the reference makes of them."""
    cases = [stepped(draw(seed, index)) for index in range(200)]
    some = [(n, payloads) for n, payloads in cases if is_small(n)]
    return some, [of_reference(case) for case in some]


def stepped(case: campaign.Case) -> Case:
    """The payloads of every step, of the first 130; those of a token come in its first."""
    network, steps = case.network, case.network.steps_per_token
    payloads = np.zeros((len(case.spikes) * steps, network.input.size), case.spikes.dtype)
    payloads[::steps] = case.spikes
    return without_resets(network), payloads[:130]


def is_small(network: Network) -> bool:
    """Whether it is quickly told, and its sums of payloads fit the 53 bits of a double."""
    stored = sum(q.delay.size * network.sizes[q.target] for q in network.projections)
    return stored < 4_000 and network.input.message_bits <= 16


def test_the_network_of_the_page_equals_the_reference(browse: Browse) -> None:
    """Through 400 steps with a pointer: spikes, currents and voltages, `==`."""
    network, payloads = pointed(400)
    assert json.loads(json.dumps(wire.to_json(network))) == reading.data()["network"]
    page = browse(reading.PAGE, reduced_motion="reduce")

    told = page.evaluate(PLAY, json.dumps([[reading.data()["network"], payloads.tolist()]]))

    (found,) = json.loads(told)
    expected = of_reference((network, payloads))
    assert sum(len(step[0]) for step in expected) > 1000
    for k, (step, of_page) in enumerate(zip(expected, found, strict=True)):
        assert step == of_page[:3], f"step {k}"


def test_random_networks_equal_the_reference(browse: Browse, request: Any) -> None:
    """Others in every run."""
    cases, expected = drawn(int(request.config.option.hypothesis_seed))
    assert len(cases) > 50

    for steps, found in zip(expected, in_browser(browse, cases), strict=True):
        assert steps == [step[:3] for step in found]


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
        ("u > STATE_MAX + 1 ? u - STATE_SPAN : u", "u"),
        ("once <= -STATE_MAX - 1", "once < -STATE_MAX - 1"),
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
    cases, expected = drawn(0)

    found = in_browser(browse, cases, program)

    assert expected != [[step[:3] for step in steps] for steps in found]
