"""One case on the simulator, on the reference and on Lava's CPU models, fused and as a graph.

The graph is independent of this project's arithmetic: Lava's own LIF updates the neurons. The
fused process runs the simulator's engine inside Lava. Where the reference meets an overflow, Lava
plays the case once more in strict mode.
"""

import re
from collections import Counter
from dataclasses import replace

from benchmarks.campaign.case import Case
from benchmarks.campaign.compare import Outcome, attempt, in_token_clock, parted, play
from benchmarks.campaign.watch import Watched
from lava_runtime import backend
from realsam.errors import BackendFailedError, MismatchError, RealSamError
from realsam.ir import Replay, Run
from sim import reference, simulator

# A current and a voltage below these add up within 32 bits, in which Lava's LIF computes. The
# reference and the simulator go on in 64 bits; a register has 24.
_INT32_SAFE = 1 << 30

# Met by 200 cases of every seed, if not each by many.
REQUIRED = (
    "wraps down",
    "wraps up",
    "currents of 2**23 exactly",
    "currents of -(2**23) exactly",
    "clips at the top",
    "clips at the bottom",
    "spikes of neurons",
    "spikes delayed by 62",
    "negative sums rounded down",
    "networks with graded input",
    "networks with resets",
    "negative payloads",
    "resets of neurons that held something",
    "overflow errors in strict mode",
    "runs on lava-fused",
    "runs on lava-graph",
    "strict runs on lava-graph",
)


def compare_lava(case: Case) -> Outcome:
    """Play one case everywhere and say what it met and where two runs part first."""
    whole = len(case.spikes)
    case, watched, truth = _within(case)
    counts = watched.counts() + Counter(networks=1, tokens=truth.n_tokens)
    counts["networks cut short at 32 bits"] = int(truth.n_tokens < whole)
    counts["networks cut to nothing"] = int(truth.n_tokens == 0)
    counts["neurons"] = sum(case.network.sizes.values())
    strict = attempt(lambda: reference.run(case.network, Replay(case.spikes), strict=True))
    counts["overflow errors in strict mode"] = int(isinstance(strict, str))
    counts += in_token_clock(case.network, counts)
    simulated = simulator.run(case.network, Replay(case.spikes))
    difference = parted(truth, simulated, case.network.readout, "sim")
    for mode in backend.MODES:
        difference = difference or _parts(case, mode, simulated, counts)
        if isinstance(strict, str):
            difference = difference or _parts_strictly(case, mode, strict, watched, counts)
    return Outcome(counts, difference)


def _within(case: Case) -> tuple[Case, Watched, Run]:
    """The case up to the token in which Lava's 32-bit sums could overflow, and the truth of it."""
    watched = Watched(case.network)
    truth = play(case, watched, "reference")
    beyond = watched.first_beyond(_INT32_SAFE)
    if beyond is None:
        return case, watched, truth
    shorter = replace(case, spikes=case.spikes[: beyond // case.network.steps_per_token])
    watched = Watched(case.network)
    return shorter, watched, play(shorter, watched, "reference")


def _parts(case: Case, mode: str, expected: Run, counts: Counter[str]) -> str | None:
    try:
        run = backend.run(case.network, Replay(case.spikes), mode)
    except (BackendFailedError, MismatchError) as error:
        return f"lava-{mode} fails: {error}"
    except RealSamError as refusal:
        counts[f"refused by lava-{mode}: {type(refusal).__name__}"] += 1
        return None
    counts[f"runs on lava-{mode}"] += 1
    return parted(expected, run, case.network.readout, f"lava-{mode}")


def _parts_strictly(
    case: Case, mode: str, expected: str, watched: Watched, counts: Counter[str]
) -> str | None:
    try:
        found = attempt(lambda: backend.run(case.network, Replay(case.spikes), mode, strict=True))
    except (BackendFailedError, MismatchError) as error:
        return f"strict lava-{mode} fails: {error}"
    counts[f"strict runs on lava-{mode}"] += 1
    # Populations of a graph are processes: of those that overflow in one step any may be first.
    told = watched.overflows(_step(expected)) if mode == "graph" else [expected]
    return None if found in told else f"strict lava-{mode}: {found!r} is none of {told}"


def _step(error: str) -> int:
    found = re.search(r"timestep (\d+)", error)
    assert found is not None
    return int(found[1])
