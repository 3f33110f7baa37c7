"""The report for people: tables and the lines that follow from them."""

from realsam.report.counts import firing_rate, per_token
from realsam.report.energy import Energy
from realsam.report.profile import Ablation
from realsam.report.report import Against, Report
from realsam.report.tables import render_backend, render_table

_POPULATIONS = (
    *("population", "neurons", "spikes", "firing", "silent", "zero weights", "synops"),
    *("of dense", "updates", "event-wise", "messages"),
)
_GROUPS = ("group", "populations", "neurons", "firing", "of all spikes", "of all synops")
_ENERGY = ("table", "chip", "low", "middle", "high", "dominant term")
_TERMS = ("table", "term", "per token", "pJ each", "middle", "share", "total if it alone moves")
_COMPARISON = ("where", "streams", "time", "energy", "which is", "differences")


def to_text(report: Report, against: Against | None = None) -> str:
    """The whole report; numbers are means per token."""
    parts = [_head(report), _populations(report), _totals(report), _groups(report), _energy(report)]
    parts += [_comparison(report), _ablation(report), _against(report, against)]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def ablation_line(found: Ablation) -> str:
    """What the text costs without a group, and with it."""
    return (
        f"without {found.group}: {found.nats_per_token_without:.4f} nats per token, "
        f"with it {found.nats_per_token:.4f}"
    )


def _head(report: Report) -> list[str]:
    profile, run = report.profile, report.profile.run
    nats = profile.text.nats_per_token
    scored = f", {nats:.4f} nats per token" if nats is not None else ""
    return [
        f"{profile.model}: {run.n_tokens:,} tokens, {profile.text.n_prompt:,} given{scored}",
        f"{run.tokens_per_second:,.0f} tokens/s {render_backend(run)}; spikes and voltages unlike "
        f"the simulator's: {profile.differences:,}",
    ]


def _populations(report: Report) -> list[str]:
    moved = report.profile.updates_event
    rows = [
        (
            p.name,
            f"{p.population.n_neurons:,}",
            f"{per_token(p.n_spikes):,.1f}",
            f"{p.firing_rate:.2%}",
            f"{p.activation_sparsity:.2%}",
            f"{p.connection_sparsity:.2%}",
            f"{per_token(p.n_synops):,.0f}",
            f"{per_token(p.n_synops) / max(1, p.n_synops_dense):.1%}",
            f"{p.population.n_updates:,}",
            f"{per_token(moved[p.name]) if p.name in moved else 0:,.1f}",
            f"{per_token(p.n_messages):,.1f}",
        )
        for p in report.counts.populations
    ]
    return ["Per token", *render_table(_POPULATIONS, rows)]


def _totals(report: Report) -> list[str]:
    counts, facts = report.counts, report.counts.facts
    synops, dense = per_token(counts.n_synops), counts.n_synops_dense
    neurons = sum(p.n_neurons for p in facts.of_kind("lif"))
    host = ", ".join(f"{name} {n:,}" for name, n in facts.host_macs.items())
    bytes_ = ", ".join(f"{name} {n:,}" for name, n in facts.footprint_bytes.items())
    return [
        f"spikes                {per_token(counts.n_spikes):,.1f} of {neurons:,} LIF neurons, "
        f"firing rate {counts.firing_rate:.2%}",
        f"activation sparsity   {counts.activation_sparsity:.2%}",
        f"connection sparsity   {counts.connection_sparsity:.2%} of {dense:,} weights",
        f"synaptic operations   {synops:,.0f} effective, {dense:,} dense "
        f"({synops / max(1, dense):.1%})",
        f"neuron updates        {counts.n_updates:,} clocked, "
        f"{per_token(report.updates_event):,.1f} event-wise",
        f"messages              {per_token(counts.n_messages):,.1f}",
        f"host operations       {host} multiply-accumulates",
        f"footprint             {bytes_} bytes",
    ]


def _groups(report: Report) -> list[str]:
    """Only where a group is more than the population of its name."""
    if all(group.name == p.name for group in report.groups for p in group.populations):
        return []
    rows = [
        (
            group.name,
            f"{len(group.populations):,}",
            f"{sum(p.population.n_neurons for p in group.populations):,}",
            f"{firing_rate(group.populations):.2%}",
            f"{group.spikes_share:.1%}",
            f"{group.synops_share:.1%}",
        )
        for group in report.groups
    ]
    return render_table(_GROUPS, rows)


def _energy(report: Report) -> list[str]:
    rows = [
        (
            energy.table.name,
            energy.table.chip,
            _uj(energy.low_pj),
            _uj(energy.total_pj),
            _uj(energy.high_pj),
            f"{energy.dominant.name} {energy.share(energy.dominant):.0%}",
        )
        for energy in report.energies
    ]
    terms = [row for energy in report.energies for row in _terms(energy)]
    return [
        "Energy per token in uJ, estimated: counts times a cost table",
        *render_table(_ENERGY, rows),
        "",
        *render_table(_TERMS, terms),
        "",
        *(f"{e.table.name}: {e.table.source}. {e.table.note}" for e in report.energies),
    ]


def _terms(energy: Energy) -> list[tuple[str, ...]]:
    return [
        (
            energy.table.name,
            term.name,
            f"{term.per_token:,.0f}",
            f"{term.cost.pj:g} ({term.cost.pj_low:g}..{term.cost.pj_high:g})",
            _uj(term.pj),
            f"{energy.share(term):.1%}",
            "..".join(_uj(pj) for pj in energy.moved_pj(term)),
        )
        for term in energy.terms
    ]


def _comparison(report: Report) -> list[str]:
    rows = []
    for row in report.comparison:
        seconds, joules = row.seconds_per_token, row.energy_j_per_token
        rows.append(
            (
                row.where,
                f"{row.batch:,}" if row.batch is not None else "-",
                f"{seconds * 1e6:,.1f} us" if seconds is not None else "-",
                f"{joules * 1e6:,.1f} uJ" if joules is not None else "-",
                row.energy_is,
                f"{row.differences:,}" if row.differences is not None else "-",
            )
        )
    return ["A token elsewhere", *render_table(_COMPARISON, rows)]


def _ablation(report: Report) -> list[str]:
    return [ablation_line(report.profile.ablation)] if report.profile.ablation else []


def _against(report: Report, other: Against | None) -> list[str]:
    if not other:
        return []
    both = report, other.report
    first = f"; the first: {other.first}" if other.first else ""
    quantities = {
        "tokens": [f"{r.counts.n_tokens:,}" for r in both],
        "backend": [r.profile.run.backend for r in both],
        "tokens/s": [f"{r.profile.run.tokens_per_second:,.0f}" for r in both],
        "spikes/token": [f"{per_token(r.counts.n_spikes):,.1f}" for r in both],
        "firing rate": [f"{r.counts.firing_rate:.2%}" for r in both],
        "synops/token": [f"{per_token(r.counts.n_synops):,.0f}" for r in both],
        "messages/token": [f"{per_token(r.counts.n_messages):,.1f}" for r in both],
        "energy, estimated": [f"{_uj(r.energies[0].total_pj)} uJ" for r in both],
    }
    rows = [(name, *values) for name, values in quantities.items()]
    return [
        *render_table(("per token", "this run", "the other"), rows),
        f"spikes and voltages that differ: {other.n_differences:,}{first}",
    ]


def _uj(pj: float) -> str:
    return f"{pj / 1e6:,.2f}" if pj >= 1e5 else f"{pj / 1e6:.3g}"
