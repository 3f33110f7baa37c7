"""Reads docs/index.html as a reader does: its tables, texts, drawings and links."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "index.html"


def source() -> str:
    """The page as it is committed."""
    return PAGE.read_text(encoding="utf-8")


def text(html: str) -> str:
    """What is left of a piece of it without its tags, spaces as they are shown."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def table(name: str) -> list[list[str]]:
    """The rows of a table, the first of them its head."""
    found = re.search(rf'<table id="{name}">(.*?)</table>', source(), re.DOTALL)
    assert found is not None
    rows = re.findall(r"<tr.*?</tr>", found[1], re.DOTALL)
    return [[text(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows]


def section(name: str) -> str:
    """The source of a section."""
    found = re.search(rf'<section id="{name}".*?</section>', source(), re.DOTALL)
    assert found is not None
    return found[0]


def samples() -> list[tuple[str, list[tuple[str, int | None]]]]:
    """The texts, each with its tokens and their spikes."""
    articles = re.findall(r"<article>.*?</article>", section("samples"), re.DOTALL)
    return [_sample(article) for article in articles]


def _sample(article: str) -> tuple[str, list[tuple[str, int | None]]]:
    found = re.search(r'<p class="text".*?>(.*?)</p>', article, re.DOTALL)
    assert found is not None
    tokens = re.findall(r'( ?)<span role="option"([^>]*)>(.*?)</span>', found[1], re.DOTALL)
    told = []
    for space, attributes, shown in tokens:
        n = re.search(r'data-n="(\d+)"', attributes)
        told.append((space + unescape(shown), int(n[1]) if n else None))
    return unescape(re.sub(r"<[^>]*>", "", found[1])), told


def talks() -> list[list[tuple[str, str]]]:
    """The talks, each with its lines and their answers; ends of lines are kept."""
    articles = re.findall(r"<article>.*?</article>", section("talks"), re.DOTALL)
    pairs = [re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", one, re.DOTALL) for one in articles]
    return [[(unescape(line), unescape(answer)) for line, answer in talk] for talk in pairs]


def lanes() -> list[list[set[tuple[int, int]]]]:
    """For each token of the rasters and each lane: where its marks are, x and y."""
    drawings = re.findall(r"<svg viewBox.*?</svg>", section("exactness"), re.DOTALL)
    return [
        [
            {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)v", path)}
            for path in re.findall(r'<path class="lane\d" d="(.*?)"', drawing)
        ]
        for drawing in drawings
    ]


def data() -> Any:
    """What the scripts of the page read."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', source())
    assert found is not None
    return json.loads(found[1])


def figures() -> list[str]:
    """The large numbers of the section on exactness, and what stands below them."""
    return [text(cell) for cell in re.findall(r"<dd.*?</dd>", section("exactness"))]


def markdown_rows(page: str, start: str) -> list[list[str]]:
    """The cells of the rows of a Markdown table that begin with `| start`."""
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith(f"| {start}")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
