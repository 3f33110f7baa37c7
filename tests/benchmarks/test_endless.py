"""The benchmark of a long talk: it measures what it says, in parts."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import endless
from export.bundle import SHIPPED

pytestmark = pytest.mark.skipif(not SHIPPED.exists(), reason="no model is shipped")


def test_parts_cover_the_talk(tmp_path: Path) -> None:
    """Each ends at its share of the tokens, with its time and the memory of then."""
    out = tmp_path / "endless.json"

    result = CliRunner().invoke(
        endless.main, ["--tokens", "400", "--parts", "2", "--out", str(out)]
    )

    assert result.exit_code == 0, result.output
    record = json.loads(out.read_text())
    assert [part["tokens"] // 200 for part in record["parts"]] == [1, 2]
    assert all(part["us_per_token"] > 0 < part["memory_mb"] for part in record["parts"])
    assert all(cpu > 0 for cpu in record["processor_seconds"])
    assert record["command"] == "python -m benchmarks.endless --tokens 400 --seed 0"
    assert "first word, s" in result.stdout
