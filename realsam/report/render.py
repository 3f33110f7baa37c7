"""Render counts: a table for people, stable keys for programs."""

from collections.abc import Sequence

from realsam.ir import Run
from realsam.report.counts import Counts
from realsam.report.energy import Energy

_HEADERS = ("population", "neurons", "spikes/token", "firing", "synops/token", "updates/token")


def render_text(counts: Counts, energy: Energy) -> str:
    """A table of every population and a summary below it."""
    tokens = max(1, counts.n_tokens)
    rows = [
        (
            p.name,
            f"{p.n_neurons:,}",
            f"{p.n_spikes.sum() / tokens:,.1f}",
            f"{p.firing_rate:.1%}",
            f"{p.n_synops.sum() / tokens:,.0f}",
            f"{p.n_updates:,}",
        )
        for p in counts.populations
    ]
    lines = render_table(_HEADERS, rows)
    dense = sum(p.n_synops_dense for p in counts.populations)
    lines += [
        "",
        f"LIF firing rate      {counts.firing_rate:.2%} of {_lif_neurons(counts):,} neurons "
        f"({counts.spikes_per_token:,.1f} spikes per token)",
        f"activation sparsity  {counts.activation_sparsity:.2%}",
        f"connection sparsity  {counts.connection_sparsity:.2%} of {counts.n_weights:,} weights",
        f"synaptic operations  {counts.synops_per_token:,.0f} per token "
        f"({counts.synops_per_token / max(1, dense):.1%} of the {dense:,} of a dense network)",
        f"host operations      {counts.host_macs:,} multiply-accumulates per token (decoder)",
        f"energy per token     {energy.total_pj / 1e6:,.1f} uJ, estimated: synapses "
        f"{energy.synops_pj / 1e6:,.1f} + neurons {energy.updates_pj / 1e6:,.1f} "
        f"(cost table {energy.table.name}: {energy.table.chip})",
    ]
    return "\n".join(lines)


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


def _lif_neurons(counts: Counts) -> int:
    return sum(p.n_neurons for p in counts.of_kind("lif"))


def _line(cells: Sequence[str], widths: list[int]) -> str:
    first = cells[0].ljust(widths[0])
    return "  ".join([first, *(c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True))])


def to_json(counts: Counts, energy: Energy) -> dict[str, object]:
    """The same as plain values; names are NeuroBench's where it has one."""
    tokens = max(1, counts.n_tokens)
    return {
        "firing_rate": counts.firing_rate,
        "activation_sparsity": counts.activation_sparsity,
        "connection_sparsity": counts.connection_sparsity,
        "spikes_per_token": counts.spikes_per_token,
        "synops_per_token": counts.synops_per_token,
        "updates_per_token": counts.updates_per_token,
        "host_macs_per_token": counts.host_macs,
        "energy_pj_per_token": energy.total_pj,
        "energy_is": "estimated",
        "energy_table": energy.table.name,
        "populations": [
            {
                "name": p.name,
                "kind": p.kind,
                "neurons": p.n_neurons,
                "firing_rate": p.firing_rate,
                "spikes": p.n_spikes.tolist(),
                "synops": p.n_synops.tolist(),
                "updates_per_token": p.n_updates,
                "spikes_per_token": float(p.n_spikes.sum() / tokens),
            }
            for p in counts.populations
        ],
    }
