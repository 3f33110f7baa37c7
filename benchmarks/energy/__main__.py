"""The command; see the package."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click
import torch

from benchmarks import record
from benchmarks.energy.measure import Budget, measure
from benchmarks.energy.meters import Meter, cpu_meter, gpu_meter
from benchmarks.energy.on_torch import OnTorch
from benchmarks.energy.streams import SIM, OnCpu, Streams, quickest, truth, windows
from benchmarks.training.__main__ import numbers
from benchmarks.training.peers import versions
from export.bundle import Bundle, load_bundle
from realsam.arrays import I64
from realsam.console import Command, note

_LINE = "{:<40}{:>6}{:>16}{:>16}{:>12}{:>8}  {}"


@dataclass(frozen=True)
class Variant:
    """One way to play the streams."""

    where: str
    streams: Streams
    meter: Meter | str


def variants(
    bundle: Bundle, tokens: I64, batches: tuple[int, ...], device: torch.device, backend: str
) -> Iterator[Variant]:
    """All variants, each made when its turn has come.

    Args:
        bundle: the model.
        tokens: [T, B] the most streams of all.
        batches: streams besides one.
        device: of the variants in torch.
        backend: what plays exactly on this CPU.
    """
    network, host, cuda = bundle.network, bundle.host, device.type == "cuda"
    meter, cpu, name = cpu_meter(), "CPU simulator, one core", "CPU, torch"
    if backend == SIM:
        yield Variant(cpu, OnCpu(network, host, tokens[:, :1], SIM), meter)
    else:
        note(f"{cpu}: left out, its kernels need numba")
    if cuda:
        properties = torch.cuda.get_device_properties(device)
        meter, name = gpu_meter(str(properties.uuid)), properties.name
        one = OnTorch(network, host, tokens[:, :1], device, graph=False)
        yield Variant(f"{name}, kernel by kernel", one, meter)
    for batch in (1, *batches):
        streams = OnTorch(network, host, tokens[:, :batch], device, graph=cuda)
        yield Variant(name, streams, meter)


def about(bundle: Bundle, device: torch.device, backend: str, command: str) -> dict[str, Any]:
    """What a published number must name."""
    general = record.about(command)
    machine = [general["machine"], f"{general['cores']} cores"]
    if device.type == "cuda":
        machine.insert(0, torch.cuda.get_device_name(device))
    return {
        **general,
        **versions(),
        "machine": ", ".join(machine),
        "date": datetime.now(timezone.utc).date().isoformat(),
        "network": bundle.network.digest,
        "compared_with": backend,
    }


def line(row: dict[str, Any]) -> str:
    """One row for people."""
    energy, spread = row["energy_j_per_token"], row["energy_spread_j"]
    return _LINE.format(
        row["where"],
        row["batch"],
        f"{row['seconds_per_token'] * 1e6:,.3f} us",
        "-" if energy is None else f"{energy * 1e6:,.2f} uJ",
        "" if energy is None else f"+- {spread * 1e6:,.2f}",
        "" if energy is None else f"{row['idle_watts']:.0f} W",
        row["source"],
    )


@click.command(cls=Command)
@click.argument("model", required=False, type=click.Path(path_type=Path))
@click.option("--device", "place", type=click.Choice(["cuda", "cpu"]), default="cuda")
@click.option("--batch", "batches", callback=numbers, default="64,1024", show_default=True)
@click.option("--tokens", type=click.IntRange(1), default=64, show_default=True, help="A stream.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), default=4, show_default=True)
@click.option("--repeats", type=click.IntRange(2), default=5, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the text.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count(), help="Of the comparison.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write as JSON, too.")
def main(
    model: Path | None,
    place: str,
    batches: tuple[int, ...],
    tokens: int,
    seconds: float,
    repeats: int,
    seed: int,
    jobs: int,
    out: Path | None,
) -> None:
    """Measure time and energy per token of MODEL, the shipped one by default."""
    if place == "cuda" and not torch.cuda.is_available():
        raise click.ClickException("no CUDA device: use --device cpu")
    device, bundle, backend = torch.device(place), load_bundle(model), quickest()
    text = windows(bundle.network, bundle.host, backend, tokens, max(batches), seed)
    note(f"playing {text.size:,} tokens on {backend}, to compare with")
    expected = truth(bundle.network, bundle.host, text, backend, jobs)
    rows = []
    for variant in variants(bundle, text, batches, device, backend):
        rows.append(
            measure(
                variant.where, variant.streams, variant.meter, expected, Budget(repeats, seconds)
            )
        )
        click.echo(line(rows[-1]))
    if out:
        command = (
            f"python -m benchmarks.energy {f'{model} ' if model else ''}--device {place} "
            f"--batch {','.join(map(str, batches))} --tokens {tokens} --seconds {seconds:g} "
            f"--repeats {repeats} --seed {seed}"
        )
        record.write(out, about(bundle, device, backend, command) | {"rows": rows})


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.energy")
