"""Numba kernels of the step engine: tokens of any Network, one chip step after the other.

They follow the neurons that fired, allocate nothing and give the bits of `sim.reference`. Numbers
of all populations stand in one array each, the input first, in the order of the spike vector.
"""

from typing import NamedTuple

import numpy as np

from realsam.arrays import I8, I32, I64, U8
from realsam.fixedpoint import DECAY_BITS, DECAY_ONE, STATE_MAX, STATE_SHIFT, STATE_SPAN
from sim.jit import inlined, jit
from sim.kernels import add_rows


class Neurons(NamedTuple):
    """Registers of G populations with S neurons in all; the input has no use for them."""

    start: I64  # [G + 1] where each population begins
    du: I64  # [S] see `realsam.ir.Lif`, so too dv, bias and vth
    dv: I64
    bias: I64
    vth: I64
    interval: I64  # [G] steps from one reset to the next; 0: never
    offset: I64  # [G] steps before the first one
    ring: I64  # [G + 1] where each population's ring of arriving sums begins


class Synapses(NamedTuple):
    """Q projections: C columns in all, and D delays, counted once per projection."""

    target: I64  # [Q] population
    exponent: I64  # [Q] weight exponent
    graded: U8  # [Q] whether payloads are among its spikes
    place: I64  # [Q + 1] where its weights begin
    rows: I8  # half weights, source-major; in a matrix those of one delay side by side
    lists: I64  # [Q + 1] where its `starts` begin: a matrix has none
    starts: I64  # first synapse of each column, and the end of the last one's, per list
    listed: I64  # [Q + 1] where its `targets` begin
    targets: I32  # neuron of each synapse of a list
    sources: I64  # [Q + 1] where its sources begin
    source: I64  # [...] population
    column: I64  # [...] first column of that source
    row: I64  # [C] row of each column among those of its projection
    group: I64  # [C] its delay
    groups: I64  # [Q + 1] where its delays begin
    delay: I64  # [D]
    first: I64  # [D] first column with that delay, if they were sorted by it


class State(NamedTuple):
    """What changes."""

    u: I64  # [S]
    v: I64  # [S]
    ring: I64  # weighted inputs on their way: per population [R, N], by step of arrival modulo R
    message: I32  # [M] payloads of this token
    counts: U8  # [S] spikes of this token
    active: I64  # [G, widest + 1] neurons that fired in this step
    n_active: I64  # [G]
    ready: I64  # [C] rows that are to be added, by delay
    payload: I32  # [C] what each is multiplied with
    n_ready: I64  # [D]
    total: I32  # [widest] sums of half weights
    weighted: I64  # [widest] the same with payloads


@jit
def play_steps(
    neurons: Neurons,
    synapses: Synapses,
    state: State,
    time: int,
    steps: int,
    readout: int,
    phase: int,
    voltage: I64,
    strict: bool,
) -> int:
    """Play one token from `state.message`; writes state and voltage.

    Args:
        neurons: all populations.
        synapses: all projections.
        state: as the last token left it.
        time: steps before this token.
        steps: P, chip steps of a token.
        readout: population whose v is read.
        phase: step of the token in which it is read.
        voltage: [D] v of the readout.
        strict: whether an overflowing current stops the token.

    Returns:
        -1, or step * S + neuron of the first current that overflows in a step of the token.
    """
    _take_message(state)
    for step in range(steps):
        for population in range(1, neurons.interval.size):
            overflow = _advance(neurons, state, population, time + step, strict)
            if overflow >= 0:
                return int(step * state.v.size + overflow)
        for projection in range(synapses.target.size):
            _deliver(neurons, synapses, state, projection, time + step)
        state.n_active[0] = 0  # the input comes in the first step only
        if step == phase:
            for i in range(voltage.size):  # a slice would be copied once more
                voltage[i] = state.v[neurons.start[readout] + i]
    return -1


@inlined
def _take_message(state: State) -> None:
    """Begin a token: the lines that carry something are active."""
    state.counts[:] = 0
    n = 0
    for i in range(state.message.size):
        on = state.message[i] != 0
        state.counts[i] = on
        state.active[0, n] = i
        n += on
    state.n_active[0] = n


@inlined
def _advance(neurons: Neurons, state: State, population: int, time: int, strict: bool) -> int:
    """Play one step of a population; returns -1, or its first neuron that overflows."""
    begin, end = neurons.start[population], neurons.start[population + 1]
    u, v = state.u[begin:end], state.v[begin:end]
    interval = neurons.interval[population]
    if interval > 0 and time % interval == neurons.offset[population]:
        u[:] = 0
        v[:] = 0
    ring = state.ring[neurons.ring[population] : neurons.ring[population + 1]]
    slot = time % (ring.size // u.size) * u.size
    a_in, active = ring[slot : slot + u.size], state.active[population]
    du, dv = neurons.du[begin:end], neurons.dv[begin:end]
    bias, vth = neurons.bias[begin:end], neurons.vth[begin:end]
    n = update(du, dv, bias, vth, a_in, u, v, active, strict)
    if n < 0:
        overflow: int = begin - 1 - n
        return overflow
    a_in[:] = 0
    for k in range(n):
        state.counts[begin + active[k]] += 1
    state.n_active[population] = n
    return -1


@jit
def update(
    du: I64, dv: I64, bias: I64, vth: I64, a_in: I64, u: I64, v: I64, active: I64, strict: bool
) -> int:
    """Advance N neurons by one step; writes u, v and active [N + 1], returns how many fired.

    In strict mode it stops at the first neuron i whose current overflows and returns -1 - i.
    """
    n = 0
    for i in range(u.size):
        x = decay(u[i], du[i] + 1) + (a_in[i] << STATE_SHIFT)
        if strict and abs(x) > STATE_MAX:
            u[i] = x  # for the message
            return -1 - i
        if x > STATE_MAX + 1:
            x -= STATE_SPAN
        if x <= -STATE_MAX - 1:
            x += STATE_SPAN
        u[i] = x
        peak = min(max(decay(v[i], dv[i]) + x + bias[i], -STATE_MAX), STATE_MAX)
        spikes = peak > vth[i] << STATE_SHIFT
        v[i] = 0 if spikes else peak
        active[n] = i
        n += spikes
    return n


@jit
def decay(x: int, k: int) -> int:
    """Take the fraction k / 4096 off x, rounding toward zero."""
    kept: int = abs(x) * (DECAY_ONE - k) >> DECAY_BITS
    return kept if x >= 0 else -kept


@inlined
def _deliver(
    neurons: Neurons, synapses: Synapses, state: State, projection: int, time: int
) -> None:
    """Put the spikes of this step on their way through one projection."""
    _sort(synapses, state, projection)
    target, graded = synapses.target[projection], synapses.graded[projection]
    size = neurons.start[target + 1] - neurons.start[target]
    rows = synapses.rows[synapses.place[projection] : synapses.place[projection + 1]]
    starts = synapses.starts[synapses.lists[projection] : synapses.lists[projection + 1]]
    targets = synapses.targets[synapses.listed[projection] : synapses.listed[projection + 1]]
    ring = state.ring[neurons.ring[target] : neurons.ring[target + 1]]
    total, weighted = state.total[:size], state.weighted[:size]
    slots = ring.size // size
    following = (time + 1) % slots
    for g in range(synapses.groups[projection], synapses.groups[projection + 1]):
        if state.n_ready[g] == 0:
            continue
        begin, end = synapses.first[g], synapses.first[g] + state.n_ready[g]
        slot = following + synapses.delay[g]
        slot -= slots if slot >= slots else 0  # a division would cost as much as a row
        arrival, exponent = ring[slot * size : slot * size + size], synapses.exponent[projection]
        payload = state.payload[begin:end]
        if starts.size > 0:
            weighted[:] = 0
            add_lists(rows, targets, starts, state.ready[begin:end], payload, weighted)
            _arrive(weighted, exponent, arrival)
        elif graded:
            weighted[:] = 0
            add_payloads(rows, state.ready[begin:end], payload, weighted)
            _arrive(weighted, exponent, arrival)
        else:
            total[:] = 0
            add_rows(rows, state.ready[begin:end], total)
            _arrive(total, exponent, arrival)


@inlined
def _sort(synapses: Synapses, state: State, projection: int) -> None:
    """Collect the rows of all active sources of a projection, by delay."""
    state.n_ready[synapses.groups[projection] : synapses.groups[projection + 1]] = 0
    for k in range(synapses.sources[projection], synapses.sources[projection + 1]):
        source = synapses.source[k]
        for j in range(state.n_active[source]):
            neuron = state.active[source, j]
            column = synapses.column[k] + neuron
            g = synapses.group[column]
            at = synapses.first[g] + state.n_ready[g]
            state.ready[at] = synapses.row[column]
            state.payload[at] = state.message[neuron] if source == 0 else 1
            state.n_ready[g] += 1


@jit
def add_payloads(weights: I8, active: I64, payload: I32, total: I64) -> None:
    """Do the same as `add_rows`, each row times its payload [n]."""
    n = total.size
    for k in range(active.size):
        row, times = weights[active[k] * n : active[k] * n + n], payload[k]
        for i in range(n):
            # 24 bits times 8 bits: the product fits 32.
            total[i] += np.int32(times * np.int32(row[i]))


@jit
def add_lists(
    weights: I8, targets: I32, starts: I64, active: I64, payload: I32, total: I64
) -> None:
    """Add the synapses of the active columns [n] of a list, times payloads, to total [N]."""
    for k in range(active.size):
        begin, end, each = starts[active[k]], starts[active[k] + 1], payload[k]
        reached, column = targets[begin:end], weights[begin:end]
        for i in range(column.size):
            total[reached[i]] += np.int32(each * np.int32(column[i]))


@inlined
def _arrive(total: I64, exponent: int, arrival: I64) -> None:
    """Add sums of half weights [N] to what arrives then, in place; int32 sums too."""
    for i in range(total.size):
        # The shift is of the sum of one delay, as the chip makes it.
        whole = np.int64(total[i]) * 2
        arrival[i] += whole << exponent if exponent > 0 else whole >> -exponent
