"""The network at the head of docs/index.html, in a real browser: its clock, pointer and keys."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.docs import reading

Browse = Callable[..., Any]
FRAMES = """async (number) => {
    for (let k = 0; k < number; k++) await new Promise(requestAnimationFrame);
}"""
# Not `wait_for_function`: it evaluates text in the page, which the page forbids.
UNTIL = "async () => {{ while (!({})) await new Promise(requestAnimationFrame); }}"
SPIKES = "(steps) => Array.from({ length: steps }, advance).reduce((sum, n) => sum + n, 0)"


def still(browse: Browse, **options: Any) -> Any:
    """The page for those who asked for little motion: its network waits."""
    return browse(reading.PAGE, reduced_motion="reduce", **options)


def test_runs_until_it_is_paused(browse: Browse) -> None:
    """And goes on when it is asked to; what it reads changes with it."""
    page = browse(reading.PAGE)
    page.evaluate(UNTIL.format("chip.time > WARM + 30"))
    assert re.fullmatch(r"\d+\.\d\d %", page.locator("#rate").inner_text())

    page.get_by_role("button", name="Pause").click()
    at = page.evaluate("chip.time")
    page.evaluate(FRAMES, 6)
    assert page.evaluate("chip.time") == at

    page.get_by_role("button", name="Play").click()
    page.evaluate(UNTIL.format(f"chip.time > {at} + 10"))


def test_waits_where_little_motion_is_wanted(browse: Browse) -> None:
    """It shows a moment of its life, and a button."""
    page = still(browse)
    page.evaluate(FRAMES, 6)

    assert page.evaluate("chip.time === WARM")
    assert page.evaluate("latest.length === WINDOW")
    assert page.locator("#rate").inner_text().endswith("%")
    drawn = "() => sheet.context.getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
    assert page.evaluate(drawn)
    page.get_by_role("button", name="Play").click()
    page.evaluate(UNTIL.format("chip.time > WARM + 10"))


def test_rests_where_nobody_sees_it(browse: Browse) -> None:
    """Below the head of the page it stops, and above it goes on."""
    page = browse(reading.PAGE)
    page.evaluate(UNTIL.format("running"))

    page.locator("#documents").scroll_into_view_if_needed()
    page.evaluate(UNTIL.format("!running"))
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    page.evaluate(UNTIL.format("running"))


def test_a_pointer_raises_the_firing(browse: Browse) -> None:
    """Where it is, and only while it is on the network."""
    page = still(browse)
    quiet = page.evaluate(SPIKES, 200)

    page.locator("#sheet").hover()
    excited = page.evaluate(SPIKES, 200)
    near = """() => sheet.neurons.slice(0, lines.length).filter((neuron) =>
        chip.time - neuron.fired < 40 && Math.hypot(neuron.x, neuron.y) < REACH / 2).length"""

    assert excited > 1.5 * quiet
    assert page.evaluate(near) > 3
    page.locator("h1").hover()
    assert page.evaluate("payloads().length") == 0
    page.evaluate(SPIKES, 200)
    assert page.evaluate(SPIKES, 200) < excited


def test_the_corner_of_the_canvas_is_not_the_network(browse: Browse) -> None:
    """The network is round."""
    page = still(browse)

    box = page.locator("#sheet").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)

    assert page.evaluate("payloads().length") == 0


def test_a_finger_injects_while_it_is_down(browse: Browse) -> None:
    """And the page still scrolls under it."""
    page = still(browse, width=375, has_touch=True, is_mobile=True)
    page.evaluate("""() => { window.most = 0; canvas.addEventListener("pointerdown",
        () => (window.most = Math.max(...payloads()))); }""")

    page.locator("#sheet").tap()

    assert page.evaluate("window.most") > 80
    assert page.locator("#sheet").evaluate("it => getComputedStyle(it).touchAction") == "pan-y"


def test_keys_inject_too(browse: Browse) -> None:
    """Tab to the network, arrows to a place, space to inject there."""
    page = still(browse)
    quiet = page.evaluate(SPIKES, 60)
    page.get_by_role("button", name="Play").focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement === canvas")
    assert page.locator("#sheet").evaluate("it => getComputedStyle(it).outlineStyle") == "solid"

    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("[keys.at.x, keys.at.y]") == pytest.approx([0.24, -0.08])
    assert page.evaluate("payloads().length") == 0
    page.keyboard.down(" ")
    middle = """() => { const given = payloads();
        return sheet.neurons[given.indexOf(Math.max(...given))]; }"""
    found = page.evaluate(f"(() => {{ const {{ x, y }} = ({middle})(); return [x, y]; }})()")
    assert found == pytest.approx([0.24, -0.08], abs=0.1)
    assert page.evaluate(SPIKES, 60) > 1.5 * quiet

    page.keyboard.up(" ")
    assert page.evaluate("payloads().length") == 0
    for _ in range(40):
        page.keyboard.press("ArrowDown")
    assert page.evaluate("Math.hypot(keys.at.x, keys.at.y)") <= 1
    assert page.evaluate("scrollY") == 0


def test_a_tap_of_the_space_bar_is_a_pulse(browse: Browse) -> None:
    """Of some steps, however short the tap."""
    page = still(browse)
    page.locator("#sheet").focus()

    page.keyboard.press(" ")

    given = page.evaluate(
        "Array.from({ length: 20 }, () => { advance(); return payloads().length })"
    )
    assert sum(map(bool, given)) == page.evaluate("PULSE") - 1
