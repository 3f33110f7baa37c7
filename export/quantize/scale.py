"""The scale of a population: how many units of a_in a volt of the file is worth.

Weights and threshold share it, and nothing else depends on it, so it may be any number. It is
chosen such that

* no sum of weights can wrap, if all sources spiked at once, where a scale exists that does so;
* the voltage has room for the strongest steady inhibition, or for 128 thresholds or weights of it;
* the largest weights have all 8 bits (first of all, but for a calibration: with one, its peaks
  take the place of the worst case);
* among what is left, the weights are rounded least; an equal threshold is exact.
"""

import numpy as np

from export.quantize.model import ALWAYS_ON, FloatPopulation
from export.quantize.weights import REACH, exponent
from realsam.arrays import F64
from realsam.fixedpoint import DECAY_ONE, STATE_MAX, STATE_SHIFT
from realsam.limits import BIAS_EXPONENT_MAX, BIAS_MANTISSA_MAX, NEVER_SPIKES, WEIGHT_MAX

ROOM = (STATE_MAX >> STATE_SHIFT) - 1  # |u| and |v| in units of a_in that 24 bits hold
ROOMY, NARROW = 128, 8  # thresholds that the voltage has room for, at most and at least
MARGIN = 2  # room over the peaks of a calibration
FULL = WEIGHT_MAX / 2  # from here down an octave the largest weight has all bits, at exponent -1
STEPS = 1024  # that a readout without leak may integrate before it could saturate
_SAMPLE = 1 << 14  # weights of a projection that are tried
_TRIALS = 64  # scales within an octave


def best_scale(p: FloatPopulation, peak: float | None = None) -> float:
    """Units of a_in per volt.

    Args:
        p: the population.
        peak: largest |u| or |v| of it on typical input, in volts; None: not known.
    """
    weights = [s.map.largest for s in p.inputs if s.source != ALWAYS_ON]
    largest = max(weights, default=0.0)
    high = _highest(p, largest, peak)
    threshold = 0.0 if p.threshold is None else float(p.threshold.max())
    room = _room(p, max(threshold, largest), threshold, peak)
    low = min(high, ROOM / room) if p.threshold is not None and room else high
    if largest:
        low = min(high, max(low, FULL / largest))
    trials = _trials(p, low, high)
    samples = [(_sample(s.map.values), s.map.largest) for s in p.inputs if s.source != ALWAYS_ON]
    errors = [_error(scale, samples) for scale in trials]
    return float(trials[int(np.argmin(errors))])


def _highest(p: FloatPopulation, largest: float, peak: float | None) -> float:
    limits = [float(NEVER_SPIKES)]  # without weights and threshold any scale will do
    if largest:
        limits = [REACH / largest]
    threshold = 0.0 if p.threshold is None else float(p.threshold.max())
    if threshold:
        limits = [*limits * bool(largest), (NEVER_SPIKES - 1) / threshold]
    if peak:
        return min(*limits, ROOM / (MARGIN * peak))
    up, down = _drives(p)
    drive = np.maximum(up, down)
    current = float(np.max(drive / np.maximum(p.mix, 1e-9), initial=0))
    if current:
        limits.append(ROOM / current)
    if p.threshold is None:
        steady = drive / np.maximum(p.mix, 1 / STEPS) + np.abs(p.push)
        voltage = float(np.max(steady / np.maximum(p.leak, 1 / STEPS), initial=0))
        if voltage:
            limits.append(ROOM / voltage)
    bound = min(limits)
    if largest and bound * largest < FULL:
        # A wrap that needs all sources at once is less bad than weights without bits.
        bound = min(FULL / largest, *limits[: 1 + bool(threshold)])
    certain = _certain(p)
    return min(bound, ROOM / certain) if certain else bound


def _certain(p: FloatPopulation) -> float:
    """Largest |u| or |v| in volts, or |bias| as one of them, that no input is needed for."""
    current = np.zeros(p.size)
    for s in p.inputs:
        if s.source == ALWAYS_ON:
            current += s.map.row_sums(s.map.values) / np.maximum(p.mix, 1 / DECAY_ONE)
    voltage = (current + p.push) / np.maximum(p.leak, 1 / STEPS)
    if p.threshold is not None:
        voltage = np.minimum(voltage, 0)  # a spike ends what is above
    bias = p.push * ((ROOM << STATE_SHIFT) / (BIAS_MANTISSA_MAX << BIAS_EXPONENT_MAX))
    return float(max(np.abs(x).max(initial=0) for x in (current, voltage, bias)))


def _room(p: FloatPopulation, unit: float, threshold: float, peak: float | None) -> float:
    """Volts of inhibition that the voltage may have to hold; 0: none."""
    least = NARROW * threshold
    if peak:
        return max(least, MARGIN * peak)
    _, down = _drives(p)
    pulled = down / np.maximum(p.mix, 1e-9) + np.maximum(-p.push, 0)
    return max(least, min(ROOMY * unit, float(np.max(pulled / np.maximum(p.leak, 1e-9)))))


def _drives(p: FloatPopulation) -> tuple[F64, F64]:
    """[N] volts of u if every exciting, or every inhibiting, source spikes."""
    up, down = np.zeros(p.size), np.zeros(p.size)
    for s in p.inputs:
        total, magnitude = s.map.row_sums(s.map.values), s.map.row_sums(np.abs(s.map.values))
        up += (magnitude + total) / 2
        down += (magnitude - total) / 2
    return up, down


def _trials(p: FloatPopulation, low: float, high: float) -> F64:
    """Scales within an octave below `low`: those that make the threshold an integer, if any."""
    octave = low * 2.0 ** (-np.arange(_TRIALS) / _TRIALS)
    powers = 2.0 ** np.floor(np.log2(low)) * np.array([1.0, 0.5])
    scales = np.concatenate([powers[powers <= high], octave])
    if p.threshold is None or p.threshold[0] <= 0 or np.any(p.threshold != p.threshold[0]):
        return scales
    threshold = float(p.threshold[0])
    whole = np.unique(np.floor(scales * threshold))[::-1]
    exact = np.concatenate([scales[:2], whole[whole >= 1] / threshold])
    return exact if whole[0] >= _TRIALS / 2 else scales


def _sample(values: F64) -> F64:
    flat = values.ravel()
    step = max(1, flat.size // _SAMPLE)
    return flat[::step].astype(np.float64)


def _error(scale: float, samples: list[tuple[F64, float]]) -> float:
    """Mean square of what rounding takes off the weights, in volts, over the whole population."""
    total = 0.0
    for values, peak in samples:
        step = 2.0 ** (exponent(scale * peak) + 1) / scale
        off = values - np.rint(values / step) * step
        total += float(off @ off) / max(1, values.size)
    return total
