"""Lava, loaded once; without it these tests are skipped with the reason."""

import pytest

from lava_runtime.compat import load_lava
from realsam.errors import BackendUnavailableError


@pytest.fixture(autouse=True, scope="session")
def lava() -> str:
    """Version of lava-nc."""
    try:
        return load_lava()
    except BackendUnavailableError as missing:
        pytest.skip(str(missing))
