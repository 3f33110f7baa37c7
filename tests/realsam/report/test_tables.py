"""Tables and lines that several commands print."""

from realsam.ir import Recorder
from realsam.report import render_backend, render_table
from tests import tiny


def test_table_is_as_wide_as_its_widest_cells() -> None:
    """Names to the left, numbers to the right."""
    assert render_table(("name", "n"), [("a", "1"), ("layer1", "1,024")]) == [
        "name        n",
        "------  -----",
        "a           1",
        "layer1  1,024",
    ]


def test_backend_is_told_with_its_versions() -> None:
    """Of every library that it notes, but not the machine."""
    run = Recorder(tiny.network(), "torch").run(torch="2.9")

    assert render_backend(run).startswith("on torch (python 3.")
    assert render_backend(run).endswith(", torch 2.9)")
    assert run.notes["machine"] not in render_backend(run)


def test_lava_is_told_with_its_processes() -> None:
    """Mode, processes, seconds to start."""
    notes = {"lava": "0.10.0", "processes": "7", "startup_seconds": "0.84"}
    run = Recorder(tiny.network(), "lava-graph").run(**notes)

    assert render_backend(run) == "on Lava 0.10.0 (graph, processes: 7, started in 0.8 s)"
