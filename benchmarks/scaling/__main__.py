"""The command; see the package."""

import json
import subprocess
import sys
from dataclasses import asdict
from typing import Any

import click
import torch

from benchmarks.record import commit
from benchmarks.training.__main__ import model_option, numbers
from benchmarks.training.protocol import Sizes


def timed(n: int, options: dict[str, int], device: str) -> dict[str, float]:
    """Speed of n processes.

    Raises:
        ClickException: if they fail.
    """
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone")
    worker = ("-m", "benchmarks.scaling.worker", json.dumps(options), device)
    command = [*launcher, "--nproc-per-node", str(n), *worker]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"{n} processes failed with exit code {done.returncode}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _line(row: dict[str, Any], each: str) -> str:
    return (
        f"{row['processes']} processes, {each} tokens each: {row['median']:,.0f} tokens/s "
        f"({row['min']:,.0f} - {row['max']:,.0f}), {row['ratio']:.2f}x"
    )


@click.command()
@click.option("--processes", "counts", callback=numbers, default="1,2", show_default=True)
@click.option("--batch", type=click.IntRange(1), default=1024, show_default=True, help="Of each.")
@click.option("--window", type=click.IntRange(1), default=128, show_default=True)
@model_option
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True)
@click.option("--steps", type=click.IntRange(1), default=40, show_default=True, help="Of each.")
@click.option("--device", type=click.Choice(["cuda", "cpu"]), default="cuda")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text")
def main(
    counts: tuple[int, ...],
    batch: int,
    window: int,
    model: tuple[int, ...],
    repeats: int,
    steps: int,
    device: str,
    style: str,
) -> None:
    """Time whole training steps of one process and of several."""
    if device == "cuda" and torch.cuda.device_count() < max(counts):
        raise click.ClickException(f"{torch.cuda.device_count()} GPUs for {max(counts)} processes")
    sizes = asdict(Sizes(*model, batch=batch, window=window))
    options = {**sizes, "repeats": repeats, "steps": steps}
    rows: list[dict[str, Any]] = []
    for n in counts:
        timing = timed(n, options, device)
        first = rows[0] if rows else timing
        rows.append({"processes": n, **timing, "ratio": timing["median"] / first["median"]})
        click.echo(_line(rows[-1], f"{batch} x {window}"), err=style == "json")
    if style == "json":
        name = torch.cuda.get_device_name() if device == "cuda" else "CPU"
        about = {"device": name, "torch": torch.__version__, "commit": commit()}
        click.echo(json.dumps({**about, **options, "rows": rows}))


if __name__ == "__main__":
    main()
