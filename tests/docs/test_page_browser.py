"""docs/index.html in a real browser. Whatever a test does, it logs nothing and asks for nothing."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.docs import reading

Browse = Callable[..., Any]
FRAMES = """async (number) => {
    for (let k = 0; k < number; k++) await new Promise(requestAnimationFrame);
}"""


def still(browse: Browse, **options: Any) -> Any:
    """The page for those who asked for little motion: its network waits."""
    return browse(reading.PAGE, reduced_motion="reduce", **options)


def overflow(page: Any) -> int:
    """Pixels that the page is wider than its window."""
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.evaluate(script))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 768, 1280, 1920])
def test_fits_its_window(browse: Browse, width: int, scheme: str) -> None:
    """From phone to desktop, in both schemes; texts and drawings, too."""
    page = browse(reading.PAGE, width, color_scheme=scheme)

    assert overflow(page) == 0
    wider = """() => [...document.querySelectorAll("section *")].filter((it) =>
        it.getBoundingClientRect().right > document.documentElement.clientWidth + 1 &&
        !it.closest("pre, .wide")).length"""
    assert page.evaluate(wider) == 0


@pytest.mark.parametrize(("scheme", "other"), [("light", "Dark"), ("dark", "Light")])
def test_follows_the_system_and_the_button(browse: Browse, scheme: str, other: str) -> None:
    """The button turns what the system says, of the network, too."""
    page = still(browse, color_scheme=scheme)
    look = "() => [getComputedStyle(document.body).backgroundColor, sheet.colours.rest]"
    background, rest = page.evaluate(look)
    assert (int(re.findall(r"\d+", background)[0]) < 128) == (scheme == "dark")

    page.get_by_role("button", name=other).click()
    page.evaluate(FRAMES, 2)

    turned = page.evaluate(look)
    assert turned[0] != background
    assert turned[1] != rest
    page.locator("#theme").click()
    page.evaluate(FRAMES, 2)
    assert [background, rest] == page.evaluate(look)


def test_tokens_tell_their_spikes(browse: Browse) -> None:
    """Under the mouse, and with the keys; each text is one stop of the Tab key."""
    page = still(browse)
    article = page.locator(".samples article").nth(1)
    tokens, now = article.locator("[role=option]"), article.locator(".now")
    told = reading.samples()[1][1]

    tokens.nth(7).hover()
    assert now.inner_text() == f"{told[7][0].strip()}  {told[7][1]} spikes"
    tokens.nth(0).focus()
    for key, k in (("ArrowRight", 1), ("End", len(told) - 1), ("ArrowRight", len(told) - 1)):
        page.keyboard.press(key)
        spikes = "no" if told[k][1] is None else told[k][1]
        assert now.inner_text().endswith(f"{spikes} spikes")
        assert tokens.nth(k).evaluate("it => it === document.activeElement")
    page.keyboard.press("Home")
    assert tokens.nth(0).get_attribute("aria-label") == f"Once: {told[0][1]} spikes"
    assert article.locator("[tabindex='0']").count() == 1


def test_more_spikes_are_more_colour(browse: Browse) -> None:
    """The least have none, the most have all."""
    page = still(browse)
    places = page.locator("[role=option][data-n]").evaluate_all(
        "all => all.map((it) => [Number(it.dataset.n), Number(it.style.getPropertyValue('--at'))])"
    )

    low, high = min(places)[0], max(places)[0]
    assert all(abs((n - low) / (high - low) - at) < 0.006 for n, at in places)


def test_copies_a_command(browse: Browse) -> None:
    """As it is typed; where a page may not copy, it is selected."""
    page = still(browse)
    page.evaluate("""() => Object.defineProperty(navigator, "clipboard", {
        value: { writeText: async (text) => { window.copied = text; } } })""")
    first = page.locator(".steps li").first

    first.get_by_role("button", name="Copy").click()

    first.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("window.copied") == first.locator("code").inner_text()
    page.evaluate("""() => { navigator.clipboard.writeText = async () => {
        throw new Error("no"); }; }""")
    second = page.locator(".steps li").nth(1)
    second.get_by_role("button", name="Copy").click()
    second.get_by_role("button", name="Selected").wait_for()
    assert page.evaluate("getSelection().toString()") == second.locator("code").inner_text()


def test_prints_on_paper(browse: Browse) -> None:
    """As a PDF of few pages, without what only a screen can do."""
    page = still(browse, color_scheme="dark")

    rest = page.evaluate("sheet.colours.rest")
    page.evaluate("() => addEventListener('afterprint', () => (window.after = sheet.colours.rest))")
    page.evaluate("() => addEventListener('beforeprint', () => (window.on = sheet.colours.rest))")

    pdf = page.pdf(prefer_css_page_size=True)

    assert pdf.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 9
    assert page.evaluate("window.on") != rest == page.evaluate("window.after")
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_without_scripts_all_but_the_network_is_there(browse: Browse, chromium: Any) -> None:
    """Texts, tables and drawings need none."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reading.PAGE.as_uri())

    assert page.locator(".samples [role=option]").count() > 400
    assert page.locator("svg.architecture").is_visible()
    assert page.locator("button:visible").count() == 0
    context.close()
