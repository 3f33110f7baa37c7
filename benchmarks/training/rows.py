"""Measured timings as rows: shares and ratios for programs, a table for people."""

from collections.abc import Sequence
from typing import Any

from benchmarks.training.limits import Limits, bytes_per_token, flops_per_token
from benchmarks.training.measure import Timing, mid
from benchmarks.training.peers import PEERS
from benchmarks.training.protocol import Sizes

_TITLES = ("peer", "batch", "tokens/s", "min", "max", "ours is", "peak", "flops", "bytes", "")
_SHAPE = "{:<23}{:>6}{:>12}{:>12}{:>12}{:>9}{:>10}{:>8}{:>8}  {}"


def row(
    name: str, sizes: Sizes, timing: Timing | str, ours: Timing | str | None, limits: Limits
) -> dict[str, Any]:
    """One row with plain values; without a timing only who, where and why."""
    place = {"peer": name, "batch": sizes.batch, "window": sizes.window}
    if isinstance(timing, str):
        return {**place, "error": timing}
    speed = mid(timing)
    byte_share = speed * bytes_per_token(sizes) / limits.copy_bytes
    return {
        **place,
        "tokens_per_s": speed,
        "tokens_per_s_min": min(timing.tokens_per_s),
        "tokens_per_s_max": max(timing.tokens_per_s),
        "repeats": len(timing.tokens_per_s),
        "steps_per_repeat": timing.steps,
        "ratio_to_ours": speed / mid(ours) if isinstance(ours, Timing) else None,
        "peak_bytes": timing.peak_bytes,
        "n_weights": timing.n_weights,
        "flops_per_token": flops_per_token(timing.n_weights),
        "flop_share": speed * flops_per_token(timing.n_weights) / limits.matmul_flops,
        "byte_share": byte_share if PEERS[name].spiking else None,
        "setup_s": timing.setup_s,
        "loss_first": timing.losses[0],
        "loss_last": timing.losses[1],
        "note": timing.note,
    }


def header(about: dict[str, Any]) -> str:
    """Lines that say what was measured where, and what the shares are shares of."""
    model, limits = about["model"], about["limits"]
    libraries = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return (
        f"{about['device']}, {libraries}, commit {about['commit']}\n"
        f"{model['layers']} layers of {model['width']}, vocabulary {model['vocab_size']}, "
        f"{model['code_bits']} code bits, windows of {model['window']} tokens\n"
        f"limits, measured: {limits['matmul_flops'] / 1e12:.3g} Tflop/s "
        f"({limits['matmul_dtype']} product of {limits['matmul_size']} x {limits['matmul_size']}), "
        f"{limits['copy_bytes'] / 1e9:,.0f} GB/s (copy, read and written)\n"
        f"a token needs 6 flops per weight and, layer by layer, {about['bytes_per_token']:,} bytes"
    )


def table(rows: Sequence[dict[str, Any]]) -> str:
    """All rows, one line each."""
    return "\n".join([_SHAPE.format(*_TITLES).rstrip(), *map(line, rows)])


def line(row: dict[str, Any]) -> str:
    """One row."""
    if "error" in row:
        return _SHAPE.format(row["peer"], row["batch"], *["-"] * 7, row["error"])
    few = f" ({row['repeats']} repetitions)" if row["repeats"] < 5 else ""
    cells = (
        f"{row['tokens_per_s']:,.0f}",
        f"{row['tokens_per_s_min']:,.0f}",
        f"{row['tokens_per_s_max']:,.0f}",
        f"{1 / row['ratio_to_ours']:.1f}x" if row["ratio_to_ours"] else "-",
        f"{row['peak_bytes'] / 1e9:.2f} GB" if row["peak_bytes"] else "-",
        f"{row['flop_share']:.2%}",
        f"{row['byte_share']:.2%}" if row["byte_share"] else "-",
    )
    return _SHAPE.format(row["peer"], row["batch"], *cells, row["note"] + few)
