"""The picture: well-formed, the same bytes each time, every core in it."""

import xml.etree.ElementTree as ET

import pytest

from realsam.mapping import from_shape, lay_out, memory_of
from realsam.mapping.picture import CHIPS_MAX, draw
from realsam.mapping.sketch import Link, Sketch

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(("cores", "core_bytes"), [(128, 20_000), (4, 6_000), (1, 3_000)])
def test_every_core_has_a_place(cores: int, core_bytes: int) -> None:
    """On one chip, on a few, on more than are drawn."""
    memory = memory_of("loihi2").replaced({"cores": cores, "core_bytes": core_bytes})
    layout = lay_out(from_shape(3, 100), memory)

    picture = draw(layout)
    boxes = [e for e in ET.fromstring(picture).iter(f"{SVG}rect") if e.get("x")]

    assert picture == draw(layout)
    assert min(layout.n_chips, CHIPS_MAX) * cores + 8 == len(boxes)  # 8 of the scale
    if layout.n_chips > CHIPS_MAX:
        assert f"and {layout.n_chips - CHIPS_MAX:,} more" in picture


def test_hostile_names_stay_text() -> None:
    """Markup in the name of a population is no markup of the picture."""
    name = "<script>&\"'"
    sketch = Sketch(name, ("in", 1), {name: 3}, (Link("in", name, 1, 3, False),))

    picture = draw(lay_out(sketch, memory_of("loihi2")))

    titles = [e.text for e in ET.fromstring(picture).iter(f"{SVG}title")]
    assert len(titles) == 1
    assert str(titles[0]).startswith(f"core 0: {name}[0:3]; ")
