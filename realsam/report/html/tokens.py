"""The tokens of a report as the page shows them: visible text, colour, and numbers as text.

A colour scale reaches from the least to the most of all tokens, so that differences show; its
legend says both ends.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from realsam.report.html.units import UNKNOWN, decimal, number, percent, quantity

Report = dict[str, Any]

NO_TEXT = "\N{WHITE VERTICAL RECTANGLE}"  # of a token that ends the text
_CONTROLS = {code: chr(0x2400 + code) for code in range(32)}  # as Unicode pictures them
# Turn the direction of all that follows, also of other tokens.
_TURNS = {code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
_VISIBLE = _CONTROLS | _TURNS | {ord("\n"): "\N{RETURN SYMBOL}\n"}


class Shown(NamedTuple):
    """A token on the page."""

    text: str  # in the running text
    label: str  # alone, its spaces visible
    about: str  # which one of all tokens it is
    numbers: list[str]  # in the order of MEASURES
    spoken: str  # for those who hear the page
    generated: bool
    places: dict[str, float]  # 0..1 on every scale

    def told(self) -> dict[str, Any]:
        """What the panel says of it."""
        return {"label": self.label, "about": self.about, "numbers": self.numbers}


class Scale(NamedTuple):
    """What tokens can be coloured by."""

    field: str
    title: str
    format: Callable[[float], str]
    low: float = 0
    high: float = 0

    def place(self, value: float) -> float:
        """Where a value lies, 0..1; 0 if all tokens are alike."""
        return round((value - self.low) / (self.high - self.low), 3) if self.low < self.high else 0


def _joules(picojoules: float) -> str:
    return quantity(picojoules * 1e-12, "J")


def _nats(nats: float | None) -> str:
    return UNKNOWN if nats is None else f"{decimal(nats)} nats"


_SCALES = (Scale("spikes", "spikes", number), Scale("energy_pj", "energy, estimated", _joules))
_Measure = Callable[[dict[str, Any], int], str]
MEASURES: dict[str, _Measure] = {
    "spikes": lambda t, _: number(t["spikes"]),
    "firing rate": lambda t, n: percent(t["spikes"] / n),
    "synaptic operations": lambda t, _: number(t["synops"]),
    "energy, estimated": lambda t, _: _joules(t["energy_pj"]),
    "updates, clocked": lambda t, _: number(t["updates"]),
    "updates, event-wise": lambda t, _: number(t["updates_event"]),
    "messages": lambda t, _: number(t["messages"]),
    "host operations": lambda t, _: number(t["host_macs"]),
    "surprisal": lambda t, _: _nats(t["nats"]),
    "time": lambda t, _: quantity(t["seconds"], "s"),
}


def scales(report: Report) -> list[Scale]:
    """What tokens can be coloured by, with the ends of this report."""
    return [
        scale._replace(low=min(values), high=max(values))
        for scale in _SCALES
        if (values := [token[scale.field] for token in report["tokens"]])
    ]


def shown(report: Report) -> list[Shown]:
    """All tokens of a report."""
    neurons = sum(p["neurons"] for p in report["populations"] if p["kind"] == "lif")
    ranges = scales(report)
    return [_shown(k, token, max(1, neurons), ranges) for k, token in enumerate(report["tokens"])]


def _shown(k: int, token: dict[str, Any], neurons: int, ranges: list[Scale]) -> Shown:
    text = token["text"].translate(_VISIBLE) or NO_TEXT
    label = text.replace(" ", "\N{OPEN BOX}").rstrip("\n")
    origin = "generated" if token["generated"] else "prompt"
    values = [f"{scale.format(token[scale.field])} {scale.title}" for scale in ranges]
    return Shown(
        text=text,
        label=label,
        about=f"token {k}, {origin}, id {token['id']}",
        numbers=[measure(token, neurons) for measure in MEASURES.values()],
        spoken=f"{token['text'].strip() or label}: {', '.join(values)}",
        generated=token["generated"],
        places={scale.field: scale.place(token[scale.field]) for scale in ranges},
    )
