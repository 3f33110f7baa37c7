"""Summary: what a generated text cost, at its end: a table, or flat values for programs."""

from realsam.report.counts import Counts, per_token
from realsam.report.energy import Energy
from realsam.report.tables import render_table

_HEADERS = ("population", "neurons", "spikes/token", "firing", "synops/token", "updates/token")
_CAUSES = {"synops": "synapses", "updates": "neurons"}


def render_summary(counts: Counts, energy: Energy) -> str:
    """A table of every population and what follows from it below."""
    rows = [
        (
            p.name,
            f"{p.population.n_neurons:,}",
            f"{per_token(p.n_spikes):,.1f}",
            f"{p.firing_rate:.1%}",
            f"{per_token(p.n_synops):,.0f}",
            f"{p.population.n_updates:,}",
        )
        for p in counts.populations
    ]
    lines = render_table(_HEADERS, rows)
    synops, dense = per_token(counts.n_synops), counts.n_synops_dense
    neurons = sum(p.population.n_neurons for p in counts.lif)
    lines += [
        "",
        f"LIF firing rate      {counts.firing_rate:.2%} of {neurons:,} neurons "
        f"({per_token(counts.n_spikes):,.1f} spikes per token)",
        f"activation sparsity  {counts.activation_sparsity:.2%}",
        f"connection sparsity  {counts.connection_sparsity:.2%} of {dense:,} weights",
        f"synaptic operations  {synops:,.0f} per token "
        f"({synops / max(1, dense):.1%} of the {dense:,} of a dense network)",
        f"host operations      {counts.facts.host_macs['decode']:,} multiply-accumulates per token "
        "(decoder)",
        f"energy per token     {energy.total_pj / 1e6:,.1f} uJ, estimated: {_causes(energy)} "
        f"(cost table {energy.table.name}: {energy.table.chip}, {energy.table.process})",
    ]
    return "\n".join(lines)


def _causes(energy: Energy) -> str:
    return " + ".join(
        f"{_CAUSES.get(term.name, term.name)} {term.pj / 1e6:,.1f}" for term in energy.terms
    )


def summary(counts: Counts, energy: Energy) -> dict[str, object]:
    """The same as plain values; names are NeuroBench's where it has one."""
    return {
        "firing_rate": counts.firing_rate,
        "activation_sparsity": counts.activation_sparsity,
        "connection_sparsity": counts.connection_sparsity,
        "spikes_per_token": per_token(counts.n_spikes),
        "synops_per_token": per_token(counts.n_synops),
        "updates_per_token": counts.n_updates,
        "host_macs_per_token": sum(counts.facts.host_macs.values()),
        "energy_pj_per_token": energy.total_pj,
        "energy_is": "estimated",
        "energy_table": energy.table.name,
        "populations": [
            {
                "name": p.name,
                "kind": p.population.kind,
                "neurons": p.population.n_neurons,
                "firing_rate": p.firing_rate,
                "spikes": p.n_spikes.tolist(),
                "synops": p.n_synops.tolist(),
                "updates_per_token": p.population.n_updates,
                "spikes_per_token": per_token(p.n_spikes),
            }
            for p in counts.populations
        ],
    }
