"""The measurement of what recording costs, in small."""

import pytest
from click.testing import CliRunner

from benchmarks import recording
from export.bundle import SHIPPED, load_bundle
from sim.simulator import run

pytestmark = pytest.mark.skipif(not SHIPPED.exists(), reason="no model is shipped")


def test_both_ways_choose_the_same_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else their times would compare different work."""
    bundle, loops, make = load_bundle(), [], recording.loop
    monkeypatch.setattr(recording, "loop", lambda *given: loops.append(make(*given)) or loops[-1])

    run(bundle.network, recording.loop(bundle, 6))
    recording.unrecorded(bundle, 6)

    assert loops[0].tokens == loops[1].tokens
    assert len(loops[0].generated) == 6


def test_all_costs_are_printed() -> None:
    """Of the run, of the record, and of what comes after it."""
    result = CliRunner().invoke(recording.main, ["--tokens", "6", "--repeats", "1"])

    assert result.exit_code == 0, result.output
    for line in ("with a record ", "recording costs ", "the record alone ", "replay and ", "file "):
        assert line in result.stdout
