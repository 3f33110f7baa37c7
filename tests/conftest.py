"""Rules for every test: one hypothesis profile, strict arithmetic, a printed seed, `--backend`.

A run draws a new seed and prints it; `--hypothesis-seed` replays it.
"""

import os
import random
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Tiny products on busy cores: threads would only wait for each other. Before numpy and torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

# A shell that runs the tests in the background lets them ignore Ctrl-C, which some of them send.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("realsam", deadline=None, max_examples=60, print_blob=True)
settings.load_profile("realsam")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend",
        action="append",
        default=[],
        help="Run the conformance tests of this backend only; may be given several times.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(random.SystemRandom().randrange(2**32))
    _keep_bytecode(config)


def _keep_bytecode(config: pytest.Config) -> None:
    """Where Python is to leave no bytecode, as in many containers, keep it in pytest's cache.

    Each of the many processes that the tests start would compile torch anew.
    """
    cache = getattr(config, "cache", None)  # None: -p no:cacheprovider
    if cache and os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        sys.pycache_prefix = str(cache.mkdir("bytecode"))
        sys.dont_write_bytecode = False
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix


def pytest_report_header(config: pytest.Config) -> str:
    return _replay(config)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    if exitstatus == pytest.ExitCode.TESTS_FAILED:
        terminalreporter.write_line(_replay(config))


def _replay(config: pytest.Config) -> str:
    return f"random tests: replay with --hypothesis-seed={config.option.hypothesis_seed}"


@pytest.fixture(autouse=True)
def strict_arithmetic() -> Iterator[None]:
    """Overflow, invalid values and division by zero raise; underflow to zero is meant."""
    with np.errstate(all="raise", under="ignore"):
        yield


_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
Browse = Callable[..., Any]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Chromium, driven through Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(_QUIET))
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium: Any) -> Iterator[Browse]:
    """Opens a file; `options` are those of a Playwright context.

    Whatever a test does, its pages log nothing and ask for nothing.
    """
    heard: list[str] = []
    contexts = []

    def opened(file: Path, width: int = 1280, **options: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        page.on("request", lambda asked: heard.append(f"request: {asked.url}"))
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        assert heard.pop(0) == f"request: {file.as_uri()}"
        return page

    yield opened
    for context in contexts:
        context.close()
    assert heard == []
