"""Rules as values: what is checked, by which limits, and the function that finds what breaks it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from realsam.arrays import I64
from realsam.checking.limits import GIVEN, Limit
from realsam.checking.ranges import Reach
from realsam.ir import Network

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Subject:
    """What the rules look at."""

    network: Network
    limits: Mapping[str, Limit]
    worst: Mapping[str, Reach]  # per population: what any input could reach
    observed: Mapping[str, Reach]  # per population: what a run reached; empty without a run

    def limit(self, name: str) -> int:
        """The value of a limit that the rule has."""
        value = self.limits[name].value
        assert value is not None, name
        return value


@dataclass(frozen=True)
class Violation:
    """One object that breaks a rule."""

    object: str
    value: str
    limit: str
    fix: str
    is_certain: bool = True  # False: a warning even where the rule is an error


@dataclass(frozen=True)
class Finding:
    """A violation with its rule, as reports show it."""

    rule: str
    severity: Severity
    object: str
    value: str
    limit: str
    fix: str
    source: str


@dataclass(frozen=True)
class Rule:
    """One thing that a chip demands of a network."""

    id: str
    what: str
    severity: Severity  # of a certain violation of a published limit
    limits: tuple[str, ...]  # names; the rule rests where one of them is not published
    find: Callable[[Subject], Iterator[Violation]]
    source: str = ""  # beside those of the limits

    def findings(self, subject: Subject) -> Iterator[Finding]:
        """What breaks the rule in a network."""
        limits = [subject.limits[name] for name in self.limits]
        if any(limit.value is None for limit in limits):
            return
        source = "; ".join(self.sources(subject.limits))
        # A limit that the user gave is no assumption, nor is the rule any more.
        given = any(limit.source == GIVEN for limit in limits)
        holds = given or not any(limit.assumed for limit in limits)
        for v in self.find(subject):
            severity: Severity = self.severity if holds and v.is_certain else "warning"
            yield Finding(self.id, severity, v.object, v.value, v.limit, v.fix, source)

    def sources(self, limits: Mapping[str, Limit]) -> list[str]:
        """Where the rule comes from, assumptions marked."""
        parts = [
            f"assumption: {limits[n].source}" if limits[n].assumed else limits[n].source
            for n in self.limits
        ]
        return list(dict.fromkeys([*parts, *([self.source] if self.source else [])]))


def and_more(n_found: int) -> str:
    """How many others there are beside the one that is named."""
    return f" and {n_found - 1:,} more" if n_found > 1 else ""


def outside(register: str, values: I64, low: int, high: int) -> tuple[int, str] | None:
    """The first neuron whose value is outside a range, and what to say of it."""
    places = np.flatnonzero((values < low) | (values > high))
    if places.size == 0:
        return None
    return int(places[0]), f"{register} = {values[places[0]]}{and_more(places.size)}"
