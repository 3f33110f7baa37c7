"""Picture of a layout: every chip as its grid of cores, coloured by how full they are, as SVG.

Written by hand: a picture of rectangles needs no plotting library, its text stays text, and a
browser shows what lies on a core when the mouse is over it.
"""

from collections import Counter
from collections.abc import Iterator
from html import escape

import numpy as np

from realsam.arrays import I64
from realsam.mapping.layout import Layout

ROWS, COLUMNS = 8, 16  # of the cores of a chip; a core's place in it is by number, not physical
CHIPS_MAX = 256  # drawn; the picture says how many more there are
_LABELLED = 8  # chips; in a picture of more the cores are too small for words
_SHADES = ("#edf3f8", "#d3e2ef", "#b0cde4", "#85b2d5", "#5a94c2", "#3676ab", "#1f5a8c", "#123f66")
_EMPTY = "#f7f7f7"


def draw(layout: Layout) -> str:
    """The picture; its bytes depend on the layout alone."""
    shown = min(layout.n_chips, CHIPS_MAX)
    labelled = layout.n_chips <= _LABELLED
    cell, per_row = (46, 2) if labelled else (8, 8)
    rows = -(-layout.memory["cores"] // COLUMNS)
    width, height = COLUMNS * cell + 24, rows * cell + 34
    across = min(shown, per_row)
    down = -(-shown // across)
    size = max(across * width + 16, 560), down * height + 96
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'viewBox="0 0 {size[0]} {size[1]}" font-family="sans-serif" font-size="11">'
    )
    lines = [head, '<rect width="100%" height="100%" fill="white"/>', *_title(layout)]
    for chip in range(shown):
        x, y = 16 + chip % across * width, 84 + chip // across * height
        lines += _chip(layout, chip, x, y, cell, labelled)
    if shown < layout.n_chips:
        lines.append(f'<text x="16" y="{size[1] - 4}">and {layout.n_chips - shown:,} more</text>')
    return "\n".join([*lines, "</svg>", ""])


def _title(layout: Layout) -> Iterator[str]:
    use = layout.per_core("bytes").sum() / (layout.n_cores * layout.memory["core_bytes"])
    text = (
        f"{layout.sketch.name} on {layout.memory.chip}: cores {layout.n_cores:,}, chips "
        f"{layout.n_chips:,}, {use:.0%} of their memory"
    )
    yield f'<text x="16" y="24" font-size="15">{escape(text)}</text>'
    yield '<text x="16" y="50">memory in use</text>'
    for i, shade in enumerate(_SHADES):
        yield f'<rect x="{100 + 26 * i}" y="38" width="26" height="16" fill="{shade}"/>'
    yield '<text x="100" y="66">0 %</text><text x="282" y="66">100 %</text>'


def _chip(layout: Layout, chip: int, x: int, y: int, cell: int, labelled: bool) -> Iterator[str]:
    cores = [i for i in range(layout.n_cores) if layout.chip[i] == chip]
    yield f'<text x="{x}" y="{y + 12}">{escape(_caption(layout, chip, cores))}</text>'
    use = layout.per_core("bytes")
    for place in range(layout.memory["cores"]):
        left, top = x + place % COLUMNS * cell, y + 18 + place // COLUMNS * cell
        box = f'x="{left}" y="{top}" width="{cell - 1}" height="{cell - 1}"'
        if place >= len(cores):
            yield f'<rect {box} fill="{_EMPTY}"/>'
        elif labelled:
            yield from _core(layout, cores[place], use, box, (left, top, cell))
        else:
            yield f'<rect {box} fill="{_shade(layout, use, cores[place])}"/>'


def _core(layout: Layout, core: int, use: I64, box: str, at: tuple[int, int, int]) -> Iterator[str]:
    left, top, cell = at
    held = [p for p, c in zip(layout.parts, layout.core, strict=True) if c == core]
    inside = ", ".join(f"{p.population}[{p.start}:{p.stop}]" for p in held)
    share = use[core] / layout.memory["core_bytes"]
    title = f"core {core}: {inside}; {use[core]:,} bytes, {share:.0%}"
    yield f'<g><title>{escape(title)}</title><rect {box} fill="{_shade(layout, use, core)}"/>'
    ink = "white" if share > 0.5 else "#222222"
    for i, part in enumerate(held[:3]):
        more = "..." if i == 2 and len(held) > 3 else _short(part.population)
        yield (
            f'<text x="{left + cell // 2}" y="{top + 13 + 13 * i}" text-anchor="middle" '
            f'font-size="9" fill="{ink}">{escape(more)}</text>'
        )
    yield "</g>"


def _shade(layout: Layout, use: I64, core: int) -> str:
    share = use[core] / layout.memory["core_bytes"]
    return _SHADES[min(int(share * len(_SHADES)), len(_SHADES) - 1)]


def _caption(layout: Layout, chip: int, cores: list[int]) -> str:
    on_chip = np.isin(layout.core, cores)
    names = [p.population for p, here in zip(layout.parts, on_chip, strict=True) if here]
    (most, _), *others = Counter(names).most_common()
    return f"chip {chip}: {_short(most)}" + (f" +{len(others)}" if others else "")


def _short(name: str) -> str:
    return name if len(name) <= 8 else f"{name[:6]}.."
