"""The proof: reloads and backends against the training module's own record."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from export.bundle import READERS, load_bundle, save_bundle
from export.nir import Profile
from export.nir.parity import float_parity
from realsam.cli.backends import installed, require
from realsam.errors import ExportError, MismatchError
from realsam.fixedpoint import STATE_SHIFT
from realsam.ir import Driver, Network, Replay, Run
from realsam.report import first_difference

if TYPE_CHECKING:
    from realsam.train.runs import TrainedRun  # loads torch

Say = Callable[[str], None]


def compare(network: Network, runs: Sequence[Run]) -> None:
    """Compare every run with the first.

    Raises:
        MismatchError: with the first difference.
    """
    for run in runs[1:]:
        if difference := first_difference(runs[0], run, network.readout):
            raise MismatchError(f"not exact: {difference}", "report this as a bug of realsam")


def play(backend: str, network: Network, driver: Driver, say: Say) -> Run:
    """Run one backend and say how fast it was."""
    run = require(backend)(network, driver)
    say(f"{backend:<12} {run.n_tokens} tokens, {run.tokens_per_second:,.0f} tokens/s")
    return run


def export_run(
    trained: "TrainedRun", folder: Path, formats: tuple[str, ...], profile: Profile, say: Say
) -> dict[str, Any]:
    """Lower, write, reload and prove a training run; returns what was proven.

    Raises:
        ExportError: if a format cannot hold the network, or a reload is another network.
        MismatchError: if a backend differs from the training module.
    """
    from realsam.lower import lower
    from realsam.train.record import PROBE, probe_tokens, record

    model, vocabulary = trained.model(), trained.vocabulary
    network, host = lower(model, vocabulary.end_of_text)
    truth = record(model, network, probe_tokens(vocabulary))
    backends = installed()
    proof: dict[str, Any] = {
        "n_tokens": truth.n_tokens,
        "n_neurons": sum(network.sizes.values()),
        "backends": backends,
        "peaks": _peaks(network, truth),
    }

    def prove(partial: Path) -> None:
        bundle = load_bundle(partial)
        for name in bundle.network_files:
            if READERS[name](partial / name) != network:
                raise ExportError(f"{name}: reads back as another network", "report this as a bug")
            say(f"{name:<12} {(partial / name).stat().st_size / 1e6:.1f} MB, reads back equal")
        proof["files"] = bundle.network_files
        proof["float_parity"] = _float_parity(partial, truth, say)
        spikes = truth.spikes[network.input.name]
        runs = [play(b, bundle.network, Replay(spikes), say) for b in backends]
        compare(network, [truth, bundle.record, *runs])

    about = {
        "probe": {"text": PROBE, "digests": truth.digests()},
        "peaks": proof["peaks"],
        "provenance": trained.provenance(),
        "validation": trained.validation(),
    }
    save_bundle(folder, network, host, vocabulary, truth, formats, profile, about, prove)
    return {**proof, "n_differences": 0}


def _float_parity(folder: Path, truth: Run, say: Say) -> dict[str, int] | None:
    """Spikes of a float64 simulator of the NIR file that differ from the integers."""
    path = folder / "network.nir"
    if not path.exists():
        return None
    found = float_parity(path, truth)
    n_spikes = sum(found.n_spikes.values())
    say(
        f"network.nir  fixed parity: 0 of {n_spikes:,} spikes differ; in float64 "
        f"{found.n_total:,} would, which is the cost of the chip's truncation"
    )
    return {"n_spikes": n_spikes, "n_mismatches": found.n_total}


def _peaks(network: Network, truth: Run) -> dict[str, int]:
    """The largest |a_in| and |v| on the probe, and the largest |a_in| that any input can reach."""
    from sim.reference import Reference

    engine, current, voltage = Reference(network), 0, 0
    for spikes in truth.spikes[network.input.name]:
        for phase in range(network.steps_per_token):
            engine.step(spikes if phase == 0 else np.zeros_like(spikes))
            current = max(current, *(int(np.abs(s.u).max()) for s in engine.state.values()))
            voltage = max(voltage, *(int(np.abs(s.v).max()) for s in engine.state.values()))
    worst = max(
        int(np.abs(q.weight.astype(np.int64)).sum(axis=1).max()) for q in network.projections
    )
    return {"a_in": current >> STATE_SHIFT, "v": voltage, "a_in_worst_case": worst}
