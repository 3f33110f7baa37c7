"""One case on the reference and on the simulator, in wrap and in strict mode.

Equal means `==` of every spike of every population, every readout voltage, the registers u and v
of every neuron in every token, and in strict mode the text of the error, which names neuron,
current and step; and what the host's kernels make of the case, see `benchmarks.campaign.host`.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from benchmarks.campaign.case import Case
from benchmarks.campaign.host import host_differs
from benchmarks.campaign.watch import CLOCKED, Watched
from realsam.arrays import I64, Spikes
from realsam.errors import CurrentOverflowError, NetworkError
from realsam.fixedpoint import STATE_SHIFT, wrap
from realsam.ir import Network, Recorder, Replay, Run, from_network
from realsam.report import first_difference
from sim import reference, simulator
from sim.step_engine import StepEngine
from sim.token_engine import TokenEngine

Engine = TokenEngine | StepEngine
Registers = dict[str, tuple[I64, I64]]  # u and v [N] of every population


@dataclass(frozen=True)
class Outcome:
    """What came of one case."""

    counts: Counter[str]
    difference: str | None = None  # the first one, in words


class Moving(Protocol):
    """What plays a network token by token."""

    def token(self, spikes: Spikes) -> tuple[Spikes, I64]:
        """Advance one token; returns all its spikes and the readout voltages."""


def compare(case: Case) -> Outcome:
    """Play one case on both and say what it met and where they part first."""
    watched = Watched(case.network)
    truth = play(case, watched, "reference")
    counts = watched.counts() + Counter(networks=1, tokens=truth.n_tokens)
    counts["neurons"] = sum(case.network.sizes.values())
    strict = attempt(lambda: reference.run(case.network, Replay(case.spikes), strict=True))
    counts["overflow errors in strict mode"] = int(isinstance(strict, str))
    counts += in_token_clock(case.network, counts)
    try:
        moving = simulator.engine(case.network)
        counts[f"networks on {type(moving).__name__}"] = 1
        difference = (
            _differs(case, moving, truth, watched)
            or _parts_strictly(case, strict)
            or host_differs(case)
        )
    except Exception as error:  # whatever it is, the reference did not raise it
        difference = f"sim raises {type(error).__name__}: {error}"
    return Outcome(counts, difference)


def in_token_clock(network: Network, counts: Counter[str]) -> Counter[str]:
    """The counts that the fast path must have met on its own, if it applies."""
    try:
        from_network(network)
    except NetworkError:
        return Counter()
    clocked = {f"in token clocks: {name}": counts[name] for name in CLOCKED}
    return Counter({"token clocks": 1} | clocked)


def play(case: Case, moving: Moving, backend: str, after: Callable[[], None] = lambda: None) -> Run:
    """The run of an engine that is at rest; calls `after` every token."""
    recorder = Recorder(case.network, backend)
    for spikes in case.spikes:
        recorder.add(*moving.token(spikes))
        after()
    return recorder.run()


def attempt(play: Callable[[], Run]) -> Run | str:
    """A run, or the text of its overflow error."""
    try:
        return play()
    except CurrentOverflowError as error:
        return str(error)


def parted(a: Run | str, b: Run | str, readout: str, where: str) -> str | None:
    """Where two runs, or their errors, differ first; None if they are equal."""
    if isinstance(a, str) or isinstance(b, str):
        told = [x if isinstance(x, str) else f"{x.backend} raises nothing" for x in (a, b)]
        return None if a == b else f"{where}: {told[0]!r} and {told[1]!r}"
    if difference := first_difference(a, b, readout):
        return f"{where}: {difference}"
    if a.digests() != b.digests() or a.network != b.network:
        return f"{where}: {a.n_tokens} and {b.n_tokens} tokens, or other networks"
    return None


def _differs(case: Case, moving: Engine, truth: Run, watched: Watched) -> str | None:
    """The first difference on the engine in hand, or in a run of its own."""
    readout, seen = case.network.readout, []
    run = play(case, moving, "sim", lambda: seen.append(_registers(moving)))
    whole = simulator.run(case.network, Replay(case.spikes))
    return (
        parted(truth, run, readout, "engine")
        or parted(truth, whole, readout, "run")
        or _register_differs(watched, seen, moving)
    )


def _parts_strictly(case: Case, expected: Run | str) -> str | None:
    found = attempt(lambda: simulator.run(case.network, Replay(case.spikes), strict=True))
    return parted(expected, found, case.network.readout, "strict")


def _registers(moving: Engine) -> Registers:
    """Copies of u and v of every population."""
    if isinstance(moving, StepEngine):
        return {name: (u.copy(), v.copy()) for name, (u, v) in moving.state.items()}
    voltage, *_, total = moving.state
    lines = moving.network.input.size
    u = wrap(total.astype(np.int64) << STATE_SHIFT + 1)  # of half weights
    spans = list(moving.network.spans.items())[1:]
    return {
        name: (u[span.start - lines : span.stop - lines], voltage[span].astype(np.int64))
        for name, span in spans
    }


def _register_differs(watched: Watched, seen: list[Registers], moving: Engine) -> str | None:
    last = watched.network.steps_per_token - 1
    for place, name in enumerate(watched.network.sizes):
        if name == watched.network.input.name:
            continue
        # A token engine leaves a population as it is in the phase in which it may fire.
        phase = last if isinstance(moving, StepEngine) else place
        for register, expected in enumerate(watched.registers(name, phase)):
            found = np.array([registers[name][register] for registers in seen])
            for token, i in np.argwhere(expected != found)[:1]:
                values = f"{expected[token, i]} (reference) and {found[token, i]} (sim)"
                return f"token {token}, {name}[{i}]: {'uv'[register]} {values}"
    return None
