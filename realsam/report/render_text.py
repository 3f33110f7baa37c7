"""Render counts and reports as tables for people."""

from collections.abc import Sequence

from realsam.ir import Run
from realsam.report.counts import Counts, per_token
from realsam.report.energy import Energy

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


def render_backend(run: Run) -> str:
    """Where a run took place: `on ...`."""
    about = dict(run.notes)
    if "lava" in about:
        mode = run.backend.removeprefix("lava-")
        return (
            f"on Lava {about['lava']} ({mode}, processes: {about['processes']}, started in "
            f"{float(about['startup_seconds']):.1f} s)"
        )
    about.pop("machine", None)
    return f"on {run.backend} ({', '.join(f'{name} {value}' for name, value in about.items())})"


def render_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table: headers, a rule, rows; the first column to the left."""
    widths = [max(len(row[i]) for row in [headers, *rows]) for i in range(len(headers))]
    return [_line(row, widths) for row in (headers, ["-" * w for w in widths], *rows)]


def _line(cells: Sequence[str], widths: list[int]) -> str:
    first = cells[0].ljust(widths[0])
    return "  ".join([first, *(c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True))])
