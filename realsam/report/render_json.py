"""The report for programs: one JSON object of format 1, from which the page is built, too."""

from typing import Any

import numpy as np

from realsam.ir.sampler import SETTINGS
from realsam.report.counts import (
    PopulationCounts,
    activation_sparsity,
    firing_rate,
    per_token,
)
from realsam.report.energy import Energy, energy_pj
from realsam.report.profile import Profile
from realsam.report.report import Against, Report

FORMAT = 1
Json = dict[str, Any]


def to_json(report: Report, against: Against | None = None) -> Json:
    """A report as plain values, another run beside it; docs/units.md says what they mean."""
    return {
        "format": FORMAT,
        "kind": "report",
        "model": _model(report),
        "run": run_json(report.profile),
        "tokens": _tokens(report),
        "populations": [_population(report, p) for p in report.counts.populations],
        "links": _links(report),
        "groups": _groups(report),
        "totals": totals_json(report),
        "energy": {"is": "estimated", "tables": [_energy(energy) for energy in report.energies]},
        "comparison": [vars(row) for row in report.comparison],
        "ablation": vars(report.profile.ablation) if report.profile.ablation else None,
        "against": _against(against) if against else None,
        "events": {
            name: [np.flatnonzero(row).tolist() for row in spikes]
            for name, spikes in report.profile.run.spikes.items()
        },
    }


def _model(report: Report) -> Json:
    facts = report.profile.facts
    return {
        "name": report.profile.model,
        "network": facts.network,
        "neurons": sum(p.n_neurons for p in facts.populations if p.kind != "input"),
        "synapses": sum(link.n_synapses for link in facts.links),
        "steps_per_token": facts.steps_per_token,
        "vocab_size": facts.vocab_size,
        "readout": facts.readout,
    }


def run_json(profile: Profile) -> Json:
    """Where and how a run took place."""
    run, settings = profile.run, profile.settings
    return {
        "backend": run.backend,
        "versions": run.notes,
        "n_tokens": run.n_tokens,
        "prompt_tokens": profile.text.n_prompt,
        "tokens_per_second": run.tokens_per_second,
        "seconds": float(run.seconds[-1]) if run.n_tokens else 0.0,
        **{name: settings.get(name) for name in SETTINGS},
        "text": "".join(profile.text.pieces),
        "nats_per_token": profile.text.nats_per_token,
        "differences": profile.differences,
    }


def _tokens(report: Report) -> list[Json]:
    profile, counts, text = report.profile, report.counts, report.profile.text
    moved = report.updates_event.tolist()
    energy = energy_pj(report.quantities, report.energies[0].table, counts.n_tokens).tolist()
    seconds = np.diff(profile.run.seconds, prepend=0.0).tolist()
    nats = [None, *text.nats.tolist()]
    columns = counts.n_spikes.tolist(), counts.n_synops.tolist(), counts.n_messages.tolist()
    return [
        {
            "id": text.tokens[k],
            "text": text.pieces[k],
            "generated": k >= text.n_prompt,
            "nats": nats[k],
            "spikes": spikes,
            "synops": synops,
            "updates": counts.n_updates,
            "updates_event": moved[k],
            "messages": messages,
            "host_macs": sum(counts.facts.host_macs.values()),
            "energy_pj": energy[k],
            "seconds": seconds[k],
        }
        for k, (spikes, synops, messages) in enumerate(zip(*columns, strict=True))
    ]


def _population(report: Report, p: PopulationCounts) -> Json:
    moved = report.profile.updates_event.get(p.name, np.zeros_like(p.n_spikes))
    return {
        "name": p.name,
        "kind": p.population.kind,
        "group": p.population.group,
        "neurons": p.population.n_neurons,
        "synapses": p.n_synapses,
        "firing_rate": p.firing_rate,
        "activation_sparsity": p.activation_sparsity,
        "connection_sparsity": p.connection_sparsity,
        "spikes": p.n_spikes.tolist(),
        "synops": p.n_synops.tolist(),
        "synops_dense": p.n_synops_dense,
        "updates": p.population.n_updates,
        "updates_event": moved.tolist(),
        "messages": p.n_messages.tolist(),
    }


def _links(report: Report) -> list[Json]:
    return [
        {
            "source": q.link.source,
            "target": q.link.target,
            "projection": q.link.projection,
            "synapses": q.link.n_synapses,
            "stored": q.link.n_stored,
            "synops": q.n_synops.tolist(),
            "synops_dense": q.link.n_stored,
        }
        for q in report.counts.links
    ]


def _groups(report: Report) -> list[Json]:
    return [
        {
            "name": group.name,
            "populations": [p.name for p in group.populations],
            "neurons": sum(p.population.n_neurons for p in group.populations),
            "firing_rate": firing_rate(group.populations),
            "activation_sparsity": activation_sparsity(group.populations),
            "spikes_share": group.spikes_share,
            "synops_share": group.synops_share,
        }
        for group in report.groups
    ]


def totals_json(report: Report) -> Json:
    """Means per token over the whole network."""
    counts = report.counts
    return {
        "spikes": per_token(counts.n_spikes),
        "firing_rate": counts.firing_rate,
        "activation_sparsity": counts.activation_sparsity,
        "connection_sparsity": counts.connection_sparsity,
        "synops": per_token(counts.n_synops),
        "synops_dense": counts.n_synops_dense,
        "updates": counts.n_updates,
        "updates_event": per_token(report.updates_event),
        "messages": per_token(counts.n_messages),
        "host_macs": counts.facts.host_macs,
        "footprint_bytes": counts.facts.footprint_bytes,
    }


def _energy(energy: Energy) -> Json:
    table = energy.table
    return {
        **{name: value for name, value in vars(table).items() if name != "terms"},
        "terms": [
            {
                "name": term.name,
                "count_per_token": term.per_token,
                "pj": term.pj,
                "pj_low": term.pj_low,
                "pj_high": term.pj_high,
                "share": energy.share(term),
                "pj_each": vars(term.cost),
                "total_pj": dict(zip(("low", "high"), energy.moved_pj(term), strict=True)),
            }
            for term in energy.terms
        ],
        "total_pj": {"low": energy.low_pj, "mid": energy.total_pj, "high": energy.high_pj},
        "dominant": energy.dominant.name,
    }


def _against(other: Against) -> Json:
    return {
        "run": run_json(other.report.profile),
        "differences": other.n_differences,
        "first_difference": str(other.first) if other.first else None,
        "totals": totals_json(other.report),
    }
