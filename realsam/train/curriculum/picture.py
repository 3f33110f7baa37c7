"""Picture of a curriculum: losses and firing over the tokens that were heard, phase by phase.

Written by hand, as SVG: training must not need a plotting library.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from realsam.train.runs import reports

Points = list[tuple[float, float]]

_LEFT, _WIDTH = 64, 860  # of both panels, in pixels
_BANDS = ("#eef3f8", "#ffffff")
_TRAINING, _VALIDATION = "#1f5fa8", "#c0562b"
_LABELLED = 40  # pixels that a phase needs for its name
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


@dataclass(frozen=True)
class Curves:
    """What was logged in all phases; x are tokens heard since the start of the curriculum."""

    training: list[Points]  # nats per token, by phase: each has a text of its own
    validation: Points
    firing: Points  # % of neurons per token, in validations


@dataclass(frozen=True)
class _Panel:
    """A plot with its scales."""

    title: str
    top: int
    height: int
    low: float
    high: float
    tokens: int

    def at(self, x: float, y: float) -> str:
        """Pixels of a point."""
        down = self.height * (self.high - y) / (self.high - self.low)
        return f"{_LEFT + _WIDTH * x / self.tokens:.1f},{self.top + down:.1f}"

    def axis(self) -> Iterator[str]:
        """Title, lines and their values."""
        yield f'<text x="{_LEFT}" y="{self.top - 8}">{escape(self.title)}</text>'
        step = next((s for s in _STEPS if (self.high - self.low) / s <= 6), _STEPS[-1])
        value = step * -(-self.low // step)
        while value <= self.high:
            left, y = self.at(0, value).split(",")
            yield f'<path d="M{left},{y}h{_WIDTH}" stroke="#d0d0d0" stroke-width="0.6"/>'
            yield f'<text x="{_LEFT - 8}" y="{float(y) + 4:.1f}" text-anchor="end">{value:g}</text>'
            value = round(value + step, 6)

    def line(self, points: Points, colour: str, dots: bool = False) -> Iterator[str]:
        """A curve, with a dot at each of its points."""
        places = [self.at(*point) for point in points]
        if len(places) > 1:
            yield f'<polyline points="{" ".join(places)}" fill="none" stroke="{colour}"/>'
        for place in places if dots or len(places) == 1 else []:
            x, y = place.split(",")
            yield f'<circle cx="{x}" cy="{y}" r="2.5" fill="{colour}"/>'


def draw(folder: Path, rows: Sequence[dict[str, Any]]) -> str:
    """The picture of the phases that are done; its bytes depend on what was logged alone."""
    curves, tokens = _curves(folder, rows), sum(row["tokens"] for row in rows)
    nats = [y for points in (*curves.training, curves.validation) for _, y in points]
    firing = [y for _, y in curves.firing]
    losses = _Panel("nats per token", 84, 280, min(nats) - 0.1, max(nats) + 0.1, tokens)
    rates = _Panel("firing, % of neurons per token", 404, 100, 0.0, max(firing) * 1.1 or 1, tokens)
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="948" height="548" viewBox="0 0 948 548" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
        *_bands(rows, tokens),
        *losses.axis(),
        *rates.axis(),
    ]
    for points in curves.training:
        lines += losses.line(points, _TRAINING)
    lines += losses.line(curves.validation, _VALIDATION, dots=True)
    lines += rates.line(curves.firing, _VALIDATION, dots=True)
    return "\n".join([*lines, *_words(tokens), "</svg>", ""])


def _curves(folder: Path, rows: Sequence[dict[str, Any]]) -> Curves:
    curves, before = Curves([], [], []), 0
    for row in rows:
        each = row["tokens"] / row["steps"]
        training: Points = []
        for report in reports(folder / row["phase"], row["steps"]):
            x = before + report["step"] * each
            training.append((x, report["train_nats_per_token"]))
            if "validation" in report:
                curves.validation.append((x, report["validation"]["nats_per_token"]))
                curves.firing.append((x, 100 * report["validation"]["firing_rate"]))
        curves.training.append(training)
        before += row["tokens"]
    return curves


def _bands(rows: Sequence[dict[str, Any]], tokens: int) -> Iterator[str]:
    x = float(_LEFT)
    for i, row in enumerate(rows):
        width = _WIDTH * row["tokens"] / tokens
        told = f"{row['phase']}: window {row['window']}, {row['steps']} steps, {row['ended']}"
        yield f'<rect x="{x:.1f}" y="38" width="{width:.1f}" height="466" fill="{_BANDS[i % 2]}">'
        yield f"<title>{escape(told)}</title></rect>"
        if width >= _LABELLED:
            _, name, *_ = row["phase"].split("-")
            for y, text in ((50, name), (63, f"{row['window']} tokens")):
                yield f'<text x="{x + 3:.1f}" y="{y}" font-size="10">{escape(text)}</text>'
        x += width


def _words(tokens: int) -> Iterator[str]:
    for x, colour, text in (
        (_LEFT, _TRAINING, "training, on the text of the phase"),
        (_LEFT + 230, _VALIDATION, "validation, on the same whole documents in every phase"),
    ):
        yield f'<rect x="{x}" y="16" width="14" height="4" fill="{colour}"/>'
        yield f'<text x="{x + 20}" y="22">{text}</text>'
    right = _LEFT + _WIDTH
    yield f'<text x="{_LEFT}" y="522">0</text>'
    yield f'<text x="{right}" y="522" text-anchor="end">{tokens / 1e6:,.2f} million tokens</text>'
