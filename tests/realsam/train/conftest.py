"""A teacher to learn from."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher of random weights."""
    from tests.realsam.train.teacher import small  # late: needs torch

    return small.folder(tmp_path_factory.mktemp("shared") / "teacher", members=2)


@pytest.fixture
def teacher(shared: Path, tmp_path: Path) -> Path:
    """A copy of it to break."""
    return Path(shutil.copytree(shared, tmp_path / "teacher"))
