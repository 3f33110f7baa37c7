"""Rules for every test: one hypothesis profile, strict arithmetic, a printed seed, `--backend`.

A run draws a new seed and prints it; `--hypothesis-seed` replays it.
"""

import os
import random
import signal
import sys
from collections.abc import Iterator

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
