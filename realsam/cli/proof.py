"""The proof: reloads and backends against the training module's own record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from export.bundle import NIR, READERS, Bundle, load_bundle, save_bundle
from export.nir import Profile
from export.nir.parity import float_parity, parity
from realsam.arrays import I64
from realsam.cli.backends import installed, require
from realsam.errors import ExportError, MismatchError
from realsam.fixedpoint import decay, shift_sum
from realsam.ir import Driver, Lif, Network, Replay, Run, spiking
from realsam.report import first_difference
from realsam.vocab import Vocabulary, prompt_tokens
from sim.reference import Reference, State, current
from sim.simulator import fast_host

if TYPE_CHECKING:
    from realsam.nn.model import SpikingLM  # loads torch
    from realsam.train.runs import TrainedRun

Say = Callable[[str], None]
_NATS_TOLERANCE = 1e-4  # float32 logits of the training module against exact ones


def compare(network: Network, runs: Sequence[Run]) -> None:
    """Compare every run with the first.

    Raises:
        MismatchError: with the first difference.
    """
    for run in runs[1:]:
        if difference := first_difference(runs[0], run, network.readout):
            raise MismatchError(f"not exact: {difference}", "report this as a bug of realsam")


def play(backend: str, network: Network, driver: Driver, say: Say) -> Run:
    """Run one backend to the driver's end and say how fast it was.

    Raises:
        MismatchError: if the backend stops early.
    """
    run = require(backend)(network, driver)
    say(f"{backend:<12} {run.n_tokens} tokens, {run.tokens_per_second:,.0f} tokens/s")
    if run.n_tokens != driver.length:
        raise MismatchError(
            f"not exact: {backend} played {run.n_tokens} of {driver.length} tokens",
            "report this as a bug of realsam",
        )
    return run


@dataclass(frozen=True)
class Exportable:
    """What `export_model` makes a bundle of."""

    model: "SpikingLM"  # trained, on the CPU
    vocabulary: Vocabulary
    probe: str  # the text on which every backend must do what the module does
    about: dict[str, Any]  # what the manifest says besides the proof
    tags: tuple[str, ...] = ()  # of a tagger
    delay: int = 0  # of a tagger


def export_run(
    trained: "TrainedRun", folder: Path, formats: tuple[str, ...], profile: Profile, say: Say
) -> tuple[Network, dict[str, Any]]:
    """Lower, write, reload and prove a training run; see `export_model`."""
    from realsam.train.record import PROBE

    about = {"provenance": trained.provenance(), "validation": trained.validation()}
    what = Exportable(trained.model(), trained.vocabulary, PROBE, about)
    return export_model(what, folder, formats, profile, say)


def export_model(
    what: Exportable, folder: Path, formats: tuple[str, ...], profile: Profile, say: Say
) -> tuple[Network, dict[str, Any]]:
    """Lower, write, reload and prove a model; returns its network and what was proven.

    Raises:
        ExportError: if a format cannot hold the network, or a reload is another network.
        MismatchError: if a backend differs from the training module.
    """
    from realsam.lower import lower
    from realsam.train.record import record, said

    model, vocabulary = what.model, what.vocabulary
    network, host = lower(model, vocabulary.end_of_text, what.tags, what.delay)
    tokens = prompt_tokens(vocabulary, what.probe)
    truth, nats = record(model, network, tokens)
    backends = installed()
    proof: dict[str, Any] = {"backends": backends, "peaks": _peaks(network, truth)}

    def prove(partial: Path) -> None:
        bundle = load_bundle(partial, tagger=None)
        for name in bundle.network_files:
            if READERS[name](partial / name) != network:
                raise ExportError(f"{name}: reads back as another network", "report this as a bug")
            say(f"{name:<12} {(partial / name).stat().st_size / 1e6:.1f} MB, reads back equal")
        spikes = bundle.host.code[tokens]
        runs = [play(b, bundle.network, Replay(spikes), say) for b in backends]
        compare(network, [truth, bundle.record, *runs])
        check_host(bundle)
        proof["files"] = bundle.network_files
        proof["parity"] = say_parity(bundle, truth, runs, say)

    probe = {"text": what.probe, "nats_per_token": nats, "digests": truth.digests()}
    if what.tags:
        probe["tags"] = said(model, truth)
    about = {"probe": probe, "peaks": proof["peaks"], "frozen": model.frozen(), **what.about}
    save_bundle(folder, network, host, vocabulary, truth, formats, profile, about, prove)
    proof |= {"n_tokens": truth.n_tokens, "n_neurons": sum(network.sizes.values())}
    return network, proof


def check_host(bundle: Bundle) -> None:
    """Compare the host's nats per token on the probe with the training module's own, and the tags.

    Raises:
        MismatchError: if a tag differs, or the nats by more than float32 logits can.
    """
    probe, host = bundle.manifest["probe"], fast_host(bundle.host)
    tokens = prompt_tokens(bundle.vocabulary, probe["text"])
    outputs = [*tokens[1:], bundle.vocabulary.end_of_text]
    if host.tags:
        outputs = [int(host.logits(v).argmax()) for v in bundle.record.voltage]
        if outputs != probe["tags"]:
            raise MismatchError(
                "not exact: the host gives the probe other tags than the training module",
                "report this as a bug of realsam",
            )
    nats = float(host.nats(bundle.record.voltage, np.array(outputs)).mean())
    if abs(nats - probe["nats_per_token"]) > _NATS_TOLERANCE:
        raise MismatchError(
            f"not exact: the host scores the probe with {nats:.6f} nats per token, the training "
            f"module with {probe['nats_per_token']:.6f}",
            "report this as a bug of realsam",
        )


def say_parity(bundle: Bundle, truth: Run, runs: Sequence[Run], say: Say) -> dict[str, int]:
    """Spikes of all backends, and of a float64 simulator of the NIR file, that differ."""
    found = {
        "n_spikes": sum(int(truth.spikes[name].sum()) for name in spiking(bundle.network)),
        "n_fixed": sum(parity(truth.spikes, run.spikes).n_total for run in runs),
    }
    if NIR in bundle.network_files:
        found["n_float"] = float_parity(bundle.path / NIR, truth).n_total
        say(
            f"parity of {found['n_spikes']:,} spikes: {found['n_fixed']} differ in fixed point; "
            f"{found['n_float']:,} in a float64 simulator of {NIR}, which cannot truncate or clip"
        )
    return found


def _peaks(network: Network, truth: Run) -> dict[str, int]:
    """The largest |a_in| and |v| on the probe, and the largest |a_in| that any input can reach.

    Taken before wrap, clip and reset: what the registers would have to hold.
    """
    peaks = {"a_in": 0, "v": 0}

    def watch(lif: Lif, state: State, a_in: I64) -> None:
        v = decay(state.v, lif.dv) + current(lif, state.u, a_in) + lif.bias
        for register, values in (("a_in", a_in), ("v", v)):
            peaks[register] = max(peaks[register], int(np.abs(values).max()))

    engine = Reference(network, observe=watch)
    for spikes in truth.spikes[network.input.name]:
        engine.token(spikes)
    worst = max(
        int(np.abs(shift_sum(np.abs(q.matrix.astype(np.int64)).sum(axis=1), q.weight_exp)).max())
        for q in network.projections
    )
    return peaks | {"a_in_worst_case": worst}
