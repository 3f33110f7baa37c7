"""Wrong files are one line that names the file, the node and what is wrong; nothing is written."""

from pathlib import Path

import nir
import numpy as np
import pytest

from tests.export.broken_nir import Change, changed, edge, put, refusal, without
from tests.export.foreign_nir import DT, chain, integers, lif, small, written

THREE = np.ones(3)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (edge("a", "ghost"),
         "the graph: the edge 'a' -> 'ghost' leads to no node: there is no 'ghost'"),
        (edge("w", "a"), "the graph: the edge 'w' -> 'a' stands there twice"),
        (put("edges", np.zeros((2, 3))), "the graph: its edges are [2, 3], not [n, 2]"),
        (put("nodes/a/type", "Izhikevich"), "a: node type 'Izhikevich' is not known"),
        (put("nodes/a/type", "x" * 500), "a: node type '" + "x" * 200 + "...' is not known"),
        (put("nodes/a/tau", [DT, np.nan, DT]), "a: tau[1] = nan is not finite"),
        (put("nodes/a/r", [np.inf, 1, 1]), "a: r[0] = inf is not finite"),
        (put("nodes/a/tau", [DT, -1.0, DT]), "a: tau[1] = -1.0 is not positive"),
        (put("nodes/a/tau", [DT, 0.0, DT]), "a: tau[1] = 0.0 is not positive"),
        (put("nodes/a/tau", THREE * DT / 2),
         "a[0]: tau = 5e-05 s is shorter than the time step 0.0001 s"),
        (put("nodes/a/tau", np.ones(4)),
         "a: its fields have different shapes: tau [4], r [3], v_leak [3], v_threshold [3], "
         "v_reset [3]"),
        (put("nodes/a/v_threshold", -THREE),
         "a[0]: its threshold is 1 below the voltage after a reset"),
        (put("nodes/a/v_threshold", "high"), "a: v_threshold = 'high' is not a number"),
        (put("nodes/a/v_threshold", np.array([b"1", b"2", b"3"])),
         "a: v_threshold holds text, not numbers"),
        (put("nodes/a/v_threshold", THREE * 1j), "a: v_threshold holds complex128, not numbers"),
        (put("nodes/a/type", 3), "a: its type is no text"),
        (put("nodes/a/type", np.bytes_(b"\xff")), "a: its type is no text"),
        (put("nodes/input/shape", [2.5]), "input: shape[0] = 2.5 is no whole number up to 2**40"),
        (put("edges", np.zeros((2, 2))), "the graph: its edges are float64, not names"),
        (put("nodes/a/v_threshold", np.zeros(0)), "a: v_threshold is empty"),
        (put("nodes/a/reset", 1), "a: LIF has an unknown field 'reset'"),
        (put("nodes/a/metadata/reset_mechanism", "subtract"),
         "a[0]: does not reset to v_reset (metadata 'reset_mechanism' = 'subtract'), and keeps "
         "96.88% of its voltage in a step"),
        (without("nodes/a/tau"), "a: LIF has no tau"),
        (put("nodes/w/weight", np.zeros((3, 5))), "w: Linear of shape [5] gets [2]"),
        (put("nodes/w/weight", np.zeros((4, 2))), "a: LIF of shape [3] gets [4]"),
        (put("nodes/w/weight", np.zeros(6)), "w: weight is [6], not [outputs, inputs]"),
        (put("nodes/output/shape", [4]), "output: Output of shape [4] gets [3]"),
        (put("nodes/input/shape", [-2]), "input: shape[0] = -2 is not positive"),
        (without("nodes/output"),
         "the graph: the edge 'a' -> 'output' leads to no node: there is no 'output'"),
        (edge("w", "w"), "w: a loop without neurons"),
        (edge("a", "input"), "input: edges lead into an Input"),
        (lambda node: node.move("nodes/a", "nodes/" + "a" * 300),
         repr("a" * 200 + "...") + ": no name for a node"),
        (lambda node: node.move("nodes/a", "nodes/a\nb"), "'a\\nb': no name for a node"),
    ],
)  # fmt: skip
def test_wrong_graph_is_named(change: Change, expected: str, tmp_path: Path) -> None:
    """Edges, types, fields, numbers, shapes, names."""
    found = refusal(changed(tmp_path, change))

    assert found.startswith(expected[:250])


LI = nir.LI(tau=THREE * 1e-3, r=THREE, v_leak=THREE * 0)


@pytest.mark.parametrize(
    ("given", "options", "expected"),
    [
        (chain(input=nir.Input(np.array([3])), a=LI, w=nir.Linear(integers(3, 3)), b=lif(3),
               output=nir.Output(np.array([3]))), {},
         "b: hears a, a LI node without spikes"),
        (small(a=nir.CubaLIF(tau_syn=THREE * 1e-3, tau_mem=THREE * 1e-4, r=THREE,
                             v_leak=THREE * 2, v_threshold=THREE, v_reset=THREE * 0)), {},
         "a[0]: v_leak lifts it above its threshold in the 1 chip steps before its first input"),
        (small(a=nir.CubaLIF(tau_syn=THREE * 1e-3, tau_mem=THREE * 1e-3, r=THREE,
                             v_leak=THREE * 0, v_threshold=THREE)), {"steps_per_token": 3},
         "a[0]: a synaptic current with memory would act in each of the 3 steps of a token"),
        (chain(input=nir.Input(np.array([2])), d=nir.Delay(np.ones(2) * 63 * DT),
               w=nir.Linear(integers(3, 2)), a=lif(3), output=nir.Output(np.array([3]))), {},
         "a: a spike of the input takes 63 extra steps, more than 62"),
        (chain(input=nir.Input(np.array([2])), d=nir.Delay(np.ones(2) * 70 * DT),
               w=nir.Linear(integers(3, 2)), a=lif(3), output=nir.Output(np.array([3]))), {},
         "d: a delay of 70 steps is longer than 63"),
        (small(), {"steps_per_token": 63}, "steps_per_token = 63 is outside 1..62"),
        (small(), {"dt": 0.0}, "dt = 0 s is outside 1e-30..1e+30"),
        (small(), {"dt": float("nan")}, "dt = nan s is outside 1e-30..1e+30"),
    ],
)  # fmt: skip
def test_what_the_chip_lacks_is_named(
    given: nir.NIRGraph, options: dict[str, object], expected: str, tmp_path: Path
) -> None:
    """Voltages as spikes, currents beside other equations, long delays, impossible clocks."""
    assert refusal(written(given, tmp_path), **options).startswith(expected)
