"""The proof: reloads and backends against the training module's own record."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import realsam
from export.bundle import READERS, load_bundle, save_bundle
from realsam.cli.backends import installed, require
from realsam.errors import ExportError, MismatchError
from realsam.fixedpoint import STATE_SHIFT
from realsam.ir import Driver, Network, Replay, Run
from realsam.report import first_difference

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


def export_run(trained: Any, folder: Path, formats: tuple[str, ...], say: Say) -> dict[str, Any]:
    """Lower, write, reload and prove a `realsam.train.runs.TrainedRun`.

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
    about = {
        "probe": {"text": PROBE, "tokens": probe_tokens(vocabulary), "digests": truth.digests()},
        "peaks": _peaks(network, truth),
        "provenance": {
            "realsam": realsam.__version__,
            "torch": trained.config["torch"],
            "model": trained.config["model"],
            "train": trained.config["train"],
            "data": [Path(f).name for f in trained.config["data"]["files"]] or ["toy corpus"],
            "step": trained.checkpoint.step,
        },
    }

    def prove(partial: Path) -> None:
        for name in (n for n in READERS if (partial / n).exists()):
            if READERS[name](partial / name) != network:
                raise ExportError(f"{name}: reads back as another network", "report this as a bug")
            say(f"{name:<12} {(partial / name).stat().st_size / 1e6:.1f} MB, reads back equal")
        bundle = load_bundle(partial)
        spikes = truth.spikes[network.input.name]
        compare(
            network,
            [
                truth,
                bundle.record,
                *(play(b, bundle.network, Replay(spikes), say) for b in backends),
            ],
        )

    save_bundle(folder, network, host, vocabulary, truth, formats, about, prove)
    files = [name for name in READERS if (folder / name).exists()]
    return {
        "files": files,
        "backends": backends,
        "n_tokens": truth.n_tokens,
        "n_neurons": sum(network.sizes.values()),
        "n_checks": len(files) + len(backends),
        "n_differences": 0,
        "peaks": about["peaks"],
    }


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
