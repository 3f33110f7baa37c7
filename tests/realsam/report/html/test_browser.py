"""The page in a real browser. Whatever a test does, the page logs nothing and asks for nothing."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from realsam.report import html
from tests.realsam.report.html.reports import HOSTILE, TEXTS, report

Visit = Callable[..., Any]


@pytest.fixture
def visit(browse: Callable[..., Any], tmp_path: Path) -> Visit:
    """Opens a report, drawn to the end; `options` are those of a Playwright context."""

    def opened(told: dict[str, Any], width: int = 1280, **options: Any) -> Any:
        file = tmp_path / "report.html"
        file.write_text(html.render(told), encoding="utf-8")
        return browse(file, width, **options)

    return opened


def token(page: Any, k: int) -> Any:
    """The token k in the text."""
    return page.locator("#text [role=option]").nth(k)


def panel(page: Any) -> tuple[str, str, int]:
    """Label and number of spikes in the panel, and ticks in its raster, once it is drawn."""
    page.evaluate("async () => { await views.get('raster').runAsync(); }")
    label = page.locator("#panel [data-is=label]").inner_text()
    spikes = page.locator("#panel dd").first.inner_text()
    return label, spikes, page.locator("#panel .layer_1_marks path").count()


def expected(told: dict[str, Any], k: int) -> tuple[str, str, int]:
    """The same as the report has it."""
    label = told["tokens"][k]["text"].replace(" ", "␣").replace("\n", "⏎")
    n_ticks = sum(len(fired[k]) for fired in told["events"].values())
    return label, str(told["tokens"][k]["spikes"]), n_ticks


def overflow(page: Any) -> int:
    """Pixels that the page is wider than its window."""
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.evaluate(script))


EXTREMES = {
    "usual": report(),
    "hostile": report(HOSTILE, layers=HOSTILE[:3]),
    "no tokens": report([]),
    "one token": report(["one"]),
    "silent": report(share=0),
    "all firing": report(share=1),
    "one layer": report(layers=["only"]),
    "no layer": report(layers=[]),
    "forty layers": report(layers=[f"zone{i}.core" for i in range(40)]),
}


@pytest.mark.parametrize("name", EXTREMES)
@pytest.mark.parametrize("width", [375, 1280])
def test_draws_every_chart_within_its_window(visit: Visit, name: str, width: int) -> None:
    """On a phone and a desktop, whatever the report."""
    page = visit(EXTREMES[name], width)

    places = page.locator("[data-chart]").count()
    assert page.locator("[data-chart] svg").count() == places
    assert places >= 4
    assert overflow(page) == 0


def test_hostile_text_is_only_text(visit: Visit) -> None:
    """No script of it runs, and it reads as it was."""
    page = visit(EXTREMES["hostile"])

    assert page.evaluate("window.hacked") is None
    assert token(page, 0).inner_text() == HOSTILE[0]
    token(page, 2).hover()
    assert panel(page)[0] == HOSTILE[2].replace(" ", "␣")


def test_hovering_shows_a_token_until_the_mouse_leaves(visit: Visit) -> None:
    """Then the selected one is back: at first, the first that was generated."""
    told = report()
    page = visit(told)
    assert expected(told, 2) == panel(page)

    token(page, 4).hover()
    assert expected(told, 4) == panel(page)

    page.locator("h1").hover()
    assert expected(told, 2) == panel(page)


def test_keys_walk_through_the_tokens(visit: Visit) -> None:
    """Arrows, Home and End move focus and panel; the text is one stop of the Tab key."""
    told = report()
    page = visit(told)
    token(page, 2).focus()

    for key, k in (("ArrowRight", 3), ("End", 9), ("ArrowRight", 9), ("Home", 0), ("ArrowLeft", 0)):
        page.keyboard.press(key)
        assert expected(told, k) == panel(page)
        assert token(page, k).evaluate("it => it === document.activeElement")
        assert token(page, k).get_attribute("aria-selected") == "true"

    assert page.locator("#text [tabindex='0']").count() == 1
    assert token(page, 0).evaluate("it => getComputedStyle(it).outlineStyle") == "solid"
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('#text [role=option]')")


def test_up_and_down_change_the_line(visit: Visit) -> None:
    """To the token nearest above or below."""
    page = visit(report([f" word{k}" for k in range(60)]), 375)
    token(page, 0).focus()
    before = page.evaluate("box(selected)")

    page.keyboard.press("ArrowDown")
    after = page.evaluate("box(selected)")
    assert after["top"] > before["top"]
    assert after["left"] == pytest.approx(before["left"], abs=40)
    page.keyboard.press("ArrowUp")
    assert token(page, 0).evaluate("it => it === document.activeElement")
    page.keyboard.press("ArrowUp")
    assert token(page, 0).evaluate("it => it === document.activeElement")


def test_tapping_selects_a_token(visit: Visit) -> None:
    """On a phone."""
    told = report()
    page = visit(told, 375, has_touch=True, is_mobile=True)

    token(page, 6).tap()

    assert expected(told, 6) == panel(page)


def test_a_cell_of_the_chart_selects_its_token(visit: Visit) -> None:
    """Click and the panel follows."""
    told = report()
    page = visit(told)

    page.locator("[data-chart=activity] .mark-rect path").nth(7).click()

    assert expected(told, 7) == panel(page)


def test_switch_changes_colours_and_legend(visit: Visit) -> None:
    """By mouse or by key, from spikes to energy."""
    page = visit(report())
    colour = "it => getComputedStyle(it).backgroundColor"
    by_spikes = token(page, 9).evaluate(colour)
    assert page.locator(".bar .scale.spikes").is_visible()

    page.get_by_label("spikes", exact=True).focus()
    page.keyboard.press("ArrowRight")

    assert token(page, 9).evaluate(colour) != by_spikes
    assert page.locator(".bar .scale.energy_pj").is_visible()
    assert not page.locator(".bar .scale.spikes").is_visible()
    page.locator("label[for=by-spikes]").click()
    assert by_spikes == token(page, 9).evaluate(colour)


@pytest.mark.parametrize(("scheme", "other"), [("light", "Dark"), ("dark", "Light")])
def test_follows_the_system_and_the_button(visit: Visit, scheme: str, other: str) -> None:
    """The button turns what the system says, of the charts, too."""
    page = visit(report(), color_scheme=scheme)
    look = """() => [getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector("[data-chart=rate] .mark-line path")).stroke]"""
    background, line = page.evaluate(look)
    assert (int(re.findall(r"\d+", background)[0]) < 128) == (scheme == "dark")

    button = page.get_by_role("button", name=other)
    button.click()

    turned = page.evaluate(look)
    assert turned[0] != background
    assert turned[1] != line
    page.locator("#theme").click()
    assert [background, line] == page.evaluate(look)


def test_prints_on_paper(visit: Visit) -> None:
    """As a PDF of few pages; on them all charts fit, and the screen comes back."""
    page = visit(report(TEXTS * 10), color_scheme="dark")
    page.evaluate("""() => addEventListener("beforeprint", () => window.printed =
        [...document.querySelectorAll("[data-chart]")].map(
            (place) => place.querySelector("svg").clientWidth - place.clientWidth))""")

    pdf = page.pdf(prefer_css_page_size=True)

    assert pdf.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 5
    assert max(page.evaluate("window.printed")) <= 1
    assert page.evaluate("document.documentElement.className") == ""
    assert overflow(page) == 0


def test_a_thousand_tokens_are_quick(visit: Visit) -> None:
    """The page opens, and a token is shown within a blink."""
    page = visit(report(TEXTS * 100))

    milliseconds = page.evaluate("""async () => {
        const start = performance.now();
        for (let k = 100; k < 120; k++) {
            show(k);
            await Promise.all([...views.values()].map((view) => view.runAsync()));
        }
        return (performance.now() - start) / 20;
    }""")

    assert milliseconds < 250
