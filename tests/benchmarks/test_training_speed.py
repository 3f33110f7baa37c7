import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ABOUT = {"device", "versions", "commit", "model", "limits", "bytes_per_token", "rows"}
ROW = {
    "peer",
    "batch",
    "window",
    "tokens_per_s",
    "tokens_per_s_min",
    "tokens_per_s_max",
    "repeats",
    "steps_per_repeat",
    "ratio_to_ours",
    "peak_bytes",
    "n_weights",
    "flops_per_token",
    "flop_share",
    "byte_share",
    "setup_s",
    "loss_first",
    "loss_last",
    "note",
}

pytestmark = pytest.mark.skipif(
    not (find_spec("torch") and find_spec("snntorch")), reason="needs the train extra"
)


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    """What the command says of the smallest model, in a moment."""
    sizes = ["--model", "2,16,64,16", "--batch", "4", "--window", "8"]
    short = ["--repeats", "2", "--seconds", "0.1", "--format", "json"]
    names = ["--only", "realsam,snntorch,snntorch-graph"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.training", "--device", "cpu", *sizes, *short, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_says_what_was_measured_where(result: dict[str, Any]) -> None:
    """Device, versions, commit, model and limits stand beside the rows."""
    assert result.keys() == ABOUT


def test_a_row_per_peer_has_all_values(result: dict[str, Any]) -> None:
    """Real Sam and snnTorch are timed, and both train the same number of weights."""
    rows = result["rows"][:2]

    assert [row.keys() for row in rows] == [ROW, ROW]
    assert rows[0]["n_weights"] == rows[1]["n_weights"]


def test_a_row_that_cannot_run_says_why(result: dict[str, Any]) -> None:
    """A CUDA graph on a CPU is a row with a reason, and the run goes on to its end."""
    assert result["rows"][2] == {
        "peer": "snntorch-graph",
        "batch": 4,
        "window": 8,
        "error": "needs CUDA",
    }
