"""What `realsam import` tells a person."""

from pathlib import Path
from typing import Any

import click

from realsam.report import render_table

_LISTED = 20  # roundings in a text; the file has all


def show(report: dict[str, Any], out: Path) -> None:
    """Print a report that was written to a folder."""
    rows = [
        (
            p["name"],
            p["kind"],
            f"{p['neurons']:,}",
            str(p.get("depth", "")),
            *(_span(p[register]) for register in ("du", "dv", "vth")),
        )
        for p in report["populations"]
    ]
    headers = ("population", "node", "neurons", "depth", "du", "dv", "vth")
    for line in render_table(headers, rows):
        click.echo(line)
    if "float_parity" in report:
        click.echo()
        _show_quantized(report)
    for text in report["notes"]:
        click.echo(f"note: {text}")
    if report["wraps"]:
        click.echo(f"wraps         {report['wraps']}")
    fixed = report["fixed_parity"]
    click.echo(
        f"fixed parity  {sum(fixed['n_mismatches'].values())} differences between simulator and "
        f"reference in {fixed['n_steps']:,} tokens"
    )
    click.echo(f"{out}: network.net, import.json")


def _show_quantized(report: dict[str, Any]) -> None:
    rows = [
        (
            f"{c['source']}->{c['target']}",
            c["kind"],
            str(c["delay"]),
            str(c["weight_exp"]),
            f"{c['error']['n']:,}",
            f"{c['error']['rms']:.2%}",
            f"{c['error']['n_lost']:,}",
        )
        for c in report["connections"]
    ]
    headers = ("connection", "kind", "delay", "weight_exp", "weights", "rms error", "lost")
    for line in render_table(headers, rows):
        click.echo(line)
    click.echo()
    listed = report["roundings"]
    for r in listed[:_LISTED]:
        click.echo(
            f"rounded: {r['where']} {r['register']} wanted {r['wanted']:.6g}, got {r['got']:.6g} "
            f"({r['error']:.2%}, {r['n']:,} alike)"
        )
    if len(listed) > _LISTED:
        click.echo(f"rounded: {len(listed) - _LISTED:,} more in import.json")
    click.echo(
        f"time step     {report['dt']:g} s, {report['steps_per_token']} chip steps per time step"
    )
    parity = report["float_parity"]
    for name, full in parity["full"].items():
        if full > 1:
            click.echo(f"saturates     {name}: {full:.2g} times what 24 bits hold")
    total, events = sum(parity["n_mismatches"].values()), sum(parity["n_events"].values())
    click.echo(
        f"float parity  {total:,} of {events:,} differ from the file in float64, which spikes "
        f"{sum(parity['n_spikes'].values()):,} times in {parity['n_steps']:,} steps; readout "
        f"rms {parity['voltage_rms']:.3g} of {parity['voltage_range']:.3g}"
    )


def _span(ends: list[float]) -> str:
    low, high = ends
    return f"{low:,}" if low == high else f"{low:,}..{high:,}"
