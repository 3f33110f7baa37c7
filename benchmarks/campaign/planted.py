"""Faults planted into the simulator one at a time: a campaign that cannot find them proves nothing.

Each fault is one piece of source text replaced by another in a copy of the package `sim`; the
campaign's cases are then compared there, in a process of its own, until one differs. Faults that
change nothing by design (a limit that cannot be reached) do not belong here.
"""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import record
from realsam.console import progress

ROOT = Path(__file__).parents[2]
_OTHERS = ("benchmarks", "export", "lava_runtime", "realsam")


@dataclass(frozen=True)
class Fault:
    """A wrong line."""

    name: str
    file: str  # in the package sim
    right: str  # stands there exactly once
    wrong: str


_KERNELS, _TOKEN = "kernels.py", "token_engine.py"
_STEPS, _STEP = "step_kernels.py", "step_engine.py"
_ENGINES = (
    Fault("token: wraps a unit late", _KERNELS, "if u > STATE_MAX + 1:", "if u > STATE_MAX + 129:"),
    Fault("token: -2**23 stays", _KERNELS, "if u <= -STATE_MAX - 1:", "if u < -STATE_MAX - 1:"),
    Fault("token: wraps twice", _KERNELS, "if u > STATE_MAX + 1:", "while u > STATE_MAX + 1:"),
    Fault(
        "token: v not clipped above",
        _KERNELS,
        "min(max(v[i] + u, -STATE_MAX), STATE_MAX)",
        "max(v[i] + u, -STATE_MAX)",
    ),
    Fault(
        "token: v clipped at -2**23",
        _KERNELS,
        "max(v[i] + u, -STATE_MAX)",
        "max(v[i] + u, -STATE_MAX - 1)",
    ),
    Fault(
        "token: decay rounds down", _KERNELS, "np.trunc(v[i] * keep[i])", "np.floor(v[i] * keep[i])"
    ),
    Fault(
        "token: a decay too few",
        _KERNELS,
        "leak(v[begin:end], keep[begin:end], steps)",
        "leak(v[begin:end], keep[begin:end], steps - 1)",
    ),
    Fault(
        "token: spikes at the threshold", _KERNELS, "peak > threshold[i]", "peak >= threshold[i]"
    ),
    Fault("token: no reset", _KERNELS, "0.0 if spikes else peak", "peak"),
    Fault(
        "token: hears only the first of equal sources",
        _KERNELS,
        "add_rows(own[row[k] * (end - begin) :], neurons, sums)",
        "add_rows(own, neurons, sums)",
    ),
    Fault(
        "token: inputs with as many spikes are alike",
        _TOKEN,
        "key = spikes.shape, spikes.tobytes()",
        "key = spikes.shape, spikes.sum().tobytes()",
    ),
    Fault(
        "token: overflow named a step late",
        _TOKEN,
        "part, self._time + phase)",
        "part, self._time + phase + 1)",
    ),
    Fault("both: -256 is not halved", _TOKEN, "(weight >> 1).T", "np.maximum(weight >> 1, -127).T"),
    Fault(
        "both: the last active row is lost",
        _KERNELS,
        "while k < active.size:",
        "while k + 1 < active.size:",
    ),
    Fault(
        "both: 16-bit sums of four rows",
        _KERNELS,
        "np.int32(a[i]) + b[i] + c[i] + d[i]",
        "np.int8(a[i] + b[i]) + c[i] + d[i]",
    ),
    Fault("step: wraps a unit late", _STEPS, "if x > STATE_MAX + 1:", "if x > STATE_MAX + 2:"),
    Fault("step: -2**23 stays", _STEPS, "if x <= -STATE_MAX - 1:", "if x < -STATE_MAX - 1:"),
    Fault(
        "step: 2**23 is no overflow",
        _STEPS,
        "strict and abs(x) > STATE_MAX",
        "strict and abs(x) > STATE_MAX + 1",
    ),
    Fault(
        "step: 2**23 - 1 is an overflow",
        _STEPS,
        "strict and abs(x) > STATE_MAX",
        "strict and abs(x) >= STATE_MAX",
    ),
    Fault("step: decay of u by du", _STEPS, "du[i] + 1", "du[i]"),
    Fault(
        "step: decay rounds down",
        _STEPS,
        "return kept if x >= 0 else -kept",
        "return x * (DECAY_ONE - k) >> DECAY_BITS",
    ),
    Fault(
        "step: bias after the clip",
        _STEPS,
        "min(max(decay(v[i], dv[i]) + x + bias[i], -STATE_MAX), STATE_MAX)",
        "min(max(decay(v[i], dv[i]) + x, -STATE_MAX), STATE_MAX) + bias[i]",
    ),
    Fault("step: spikes at the threshold", _STEPS, "peak > vth[i]", "peak >= vth[i]"),
    Fault("step: sums rounded up", _STEPS, "whole >> -exponent", "-(-whole >> -exponent)"),
    Fault(
        "step: rows shifted by the first delay",
        _STEPS,
        "following + synapses.delay[g]",
        "following + synapses.delay[0]",
    ),
    Fault("step: a ring too short", _STEP, "(longest[name] + 2)", "min(longest[name] + 2, 62)"),
    Fault(
        "step: one projection per population",
        _STEPS,
        "arrival[i] += whole << exponent",
        "arrival[i] = whole << exponent",
    ),
    Fault(
        "step: readout at the end of the token",
        _STEPS,
        "if step == phase:",
        "if step == steps - 1:",
    ),
    Fault(
        "step: input in every step of the token",
        _STEPS,
        "state.n_active[0] = 0  #",
        "state.n_active[0] += 0  #",
    ),
    Fault(
        "step: payloads count once",
        _STEPS,
        "state.message[neuron] if source == 0 else 1",
        "1",
    ),
    Fault(
        "step: neurons send payloads",
        _STEPS,
        "state.message[neuron] if source == 0 else 1",
        "state.message[neuron % state.message.size]",
    ),
    Fault(
        "step: products of 16 bits",
        _STEPS,
        "np.int32(times * np.int32(row[i]))",
        "np.int16(times * np.int32(row[i]))",
    ),
    Fault(
        "step: the last synapse of a source in a list is forgotten",
        _STEPS,
        "begin, end, each = starts[active[k]], starts[active[k] + 1], payload[k]",
        "begin, end, each = starts[active[k]], starts[active[k] + 1] - 1, payload[k]",
    ),
    Fault(
        "step: payloads do not reach lists",
        _STEPS,
        "total[reached[i]] += np.int32(each * np.int32(column[i]))",
        "total[reached[i]] += np.int32(column[i])",
    ),
    Fault(
        "step: negative payloads are no spikes",
        _STEPS,
        "on = state.message[i] != 0",
        "on = state.message[i] > 0",
    ),
    Fault(
        "step: resets a step late",
        _STEPS,
        "time % interval == neurons.offset[population]",
        "(time - 1) % interval == neurons.offset[population]",
    ),
    Fault("step: resets keep the current", _STEPS, "        u[:] = 0\n", ""),
    Fault("step: resets keep the voltage", _STEPS, "        v[:] = 0\n", ""),
    Fault(
        "step: resets lose what arrives",
        _STEPS,
        "a_in, active = ring[slot : slot + u.size], state.active[population]",
        "a_in, active = ring[slot : slot + u.size], state.active[population]\n"
        "    if interval > 0 and time % interval == neurons.offset[population]:\n"
        "        a_in[:] = 0",
    ),
)
_DECODING, _SCORING = "decoding.py", "scoring.py"
_HOST = (
    Fault("decoder: 2**15 in 16 bits", _DECODING, "if largest >= 1 << 15", "if largest > 1 << 15"),
    Fault("decoder: judges by the positive", _DECODING, "abs(y[j])", "y[j]"),
    Fault(
        "decoder: products in 16 bits",
        _DECODING,
        "np.int32(row[j]) * np.int32(small[j])",
        "np.int16(np.int32(row[j]) * np.int32(small[j]))",
    ),
    Fault(
        "decoder: large sums in 32 bits",
        _DECODING,
        "total += row[j] * y[j]\n    return total",
        "total += row[j] * y[j]\n    return np.int32(total)",
    ),
    Fault("choice: of equal ones the last", _DECODING, "logit <= least", "logit < least"),
    Fault(
        "choice: later ones before equals",
        _DECODING,
        "logits[order[i - 1]] < logit",
        "logits[order[i - 1]] <= logit",
    ),
    Fault(
        "choice: far ones wrap",
        _DECODING,
        "min(highest - logits[order[i]], farthest)",
        "(highest - logits[order[i]])",
    ),
    Fault(
        "choice: whole octaves only",
        _DECODING,
        "POWERS[steps % OCTAVE_STEPS]",
        "POWERS[0]",
    ),
    Fault("choice: top-p keeps all", _DECODING, "kept = total[np", "kept = running  # total[np"),
    Fault("choice: a word early", _DECODING, "counter + np.uint64(1)", "counter + np.uint64(0)"),
    Fault("choice: a round too few", _DECODING, "_ROUNDS = 10", "_ROUNDS = 9"),
    Fault("choice: no carry in a sum", _DECODING, " + (low >> _HALF)\n    return", "\n    return"),
    Fault(
        "choice: no carry in a product",
        _DECODING,
        "+ (middle >> _HALF) + (other >> _HALF)",
        "+ (middle >> _HALF)",
    ),
    Fault("score: nats of another token", _SCORING, "unit, tokens[k + 1])", "unit, tokens[k])"),
    Fault(
        "score: the first word is unlikely",
        _DECODING,
        "range(logits.size):\n        total += math.exp",
        "range(1, logits.size):\n        total += math.exp",
    ),
    Fault("score: no bias", _SCORING, "logits[token] += bias[token]", "logits[token] += 0"),
    Fault(
        "score: the readout of others",
        _SCORING,
        "y[i] = int(v[first_readout + i])",
        "y[i] = int(v[i])",
    ),
    Fault(
        "score: spikes of others",
        _SCORING,
        "n_active[population + 1]",
        "n_active[population]",
    ),
    Fault("score: state of the document before", _SCORING, "whole.twin(), 0.0", "whole, 0.0"),
    Fault("score: a token lost between pieces", _SCORING, "first + _PIECE + 1]", "first + _PIECE]"),
    Fault(
        "score: rows of other tokens",
        _SCORING,
        "rank[kept] = np.arange(len(kept))",
        "rank[kept] = np.arange(len(kept))[::-1]",
    ),
    Fault(
        "score: the first line is off",
        _SCORING,
        "for i in range(fired.size):",
        "for i in range(1, fired.size):",
    ),
    Fault("score: the table is never too full", _SCORING, "rank[tokens[k]] >= 0", "True"),
)
FAULTS = (*_ENGINES, *_HOST)
_SEARCH = """
import sys
from benchmarks.campaign.compare import compare
from benchmarks.campaign.draw import draw
for index in range(int(sys.argv[2])):
    if compare(draw(int(sys.argv[1]), index)).difference:
        print(index + 1)
        break
else:
    print(0)
"""


def find_all(networks: int, seed: int) -> dict[str, Any]:
    """Plant every fault in turn; returns the record, 0 where a fault was not found."""
    begin, after = time.perf_counter(), {}
    with progress("planting", len(FAULTS)) as (bar, task):
        for fault in FAULTS:
            bar.update(task, text=fault.name)
            after[fault.name] = found_after(fault, networks, seed)
            bar.advance(task)
    command = f"python -m benchmarks.campaign planted --networks {networks} --seed {seed}"
    seconds = round(time.perf_counter() - begin, 1)
    return record.about(command) | {"seconds": seconds, "found_after": after}


def found_after(fault: Fault, networks: int, seed: int) -> int:
    """How many networks it took to find a fault; 0 if none of them did."""
    with TemporaryDirectory(prefix="realsam-") as name:
        folder = Path(name)
        shutil.copytree(ROOT / "sim", folder / "sim", ignore=shutil.ignore_patterns("__pycache__"))
        for other in _OTHERS:
            (folder / other).symlink_to(ROOT / other)
        path = folder / "sim" / fault.file
        path.write_text(planted(fault), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", _SEARCH, str(seed), str(networks)],
            cwd=folder,
            env={**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache")},
            capture_output=True,
            text=True,
            check=True,
        )
    return int(done.stdout)


def planted(fault: Fault) -> str:
    """The source with the fault in it."""
    source = (ROOT / "sim" / fault.file).read_text(encoding="utf-8")
    assert source.count(fault.right) == 1, f"{fault.name}: the line has changed"
    return source.replace(fault.right, fault.wrong)
