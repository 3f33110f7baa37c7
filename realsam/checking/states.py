"""Rules of what u and v would have to hold: for any input, and in a run."""

from collections.abc import Iterator, Mapping

import numpy as np

from realsam.checking.ranges import Interval, Reach
from realsam.checking.rule import Rule, Subject, Violation, and_more

_WRAP = "lower its weights or weight exponents, or raise du"
_CLIP = "lower its weights, biases or weight exponents, or raise dv"
_SEEN = "; a run with --input or --prompt shows what is reached"


def _current_worst(subject: Subject) -> Iterator[Violation]:
    return _beyond(subject, subject.worst, "u", _WRAP + _SEEN * (not subject.observed))


def _current_observed(subject: Subject) -> Iterator[Violation]:
    return _beyond(subject, subject.observed, "u", _WRAP)


def _voltage_worst(subject: Subject) -> Iterator[Violation]:
    return _beyond(subject, subject.worst, "v", _CLIP + _SEEN * (not subject.observed))


def _voltage_observed(subject: Subject) -> Iterator[Violation]:
    return _beyond(subject, subject.observed, "v", _CLIP)


def _beyond(
    subject: Subject, reach: Mapping[str, Reach], register: str, fix: str
) -> Iterator[Violation]:
    """Per population, the neuron that goes furthest out of the register."""
    high = (1 << subject.limit("state_bits") - 1) - 1
    for name, each in reach.items():
        interval: Interval = each.u if register == "u" else each.v
        furthest = np.maximum(interval.high, -interval.low)
        n_out = int((furthest > high).sum())
        if n_out:
            i = int(furthest.argmax())
            value = f"|{register}| {furthest[i]:,}{and_more(n_out)}"
            yield Violation(f"{name}[{i}]", value, f"{high:,}", fix)


_WRAPS = "a chip may wrap otherwise than Lava does at the edge (ADR-0002)"

RULES = (
    Rule(
        "current_worst",
        "no input can make u leave its 24 bits, where it wraps",
        "warning",
        ("state_bits",),
        _current_worst,
        _WRAPS,
    ),
    Rule(
        "current_observed",
        "u stays in its 24 bits in the run",
        "warning",
        ("state_bits",),
        _current_observed,
        _WRAPS,
    ),
    Rule(
        "voltage_worst",
        "no input can make v leave its 24 bits, where it saturates",
        "warning",
        ("state_bits",),
        _voltage_worst,
    ),
    Rule(
        "voltage_observed",
        "v stays in its 24 bits in the run",
        "warning",
        ("state_bits",),
        _voltage_observed,
    ),
)
