"""Curves of a training run: losses and firing rates over the tokens it has heard, as a picture.

    python -m benchmarks.curves RUN [--picture FILE] [--record FILE]

RUN is a run folder, or a record of one that `--record` wrote: the configuration that matters, and
the metrics thinned to some hundred rows, each the mean of those that it stands for; validations are
kept as they are.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import click

from realsam.train.runs import CONFIG, METRICS

_KEPT = ("model", "train", "rows", "validations")  # that a record must have

_ROWS = 230  # of a record
_COLOURS = ("#9ecae8", "#6aaed6", "#3f8fc5", "#1f5fa8", "#123f7a", "#0b2550")  # early to late layer


def read(run: Path) -> dict[str, Any]:
    """The record of a run."""
    try:
        if run.is_file():
            stored: dict[str, Any] = json.loads(run.read_text(encoding="utf-8"))
            return {**{name: stored[name] for name in _KEPT}, **stored}
        config = json.loads((run / CONFIG).read_text(encoding="utf-8"))
        lines = (run / METRICS).read_text(encoding="utf-8").splitlines()
        metrics = [json.loads(line) for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise click.ClickException(f"{run}: no training run, and no record of one") from error
    if not metrics:
        raise click.ClickException(f"{run}: it has not reported yet")
    teacher = config.get("teacher")
    return {
        "model": config["model"],
        "train": config["train"],
        "n_tokens": config["data"]["n_tokens"],
        "n_sampled": config["data"].get("n_sampled", 0),
        "teacher_nats_per_token": teacher and teacher["held_out"]["nats_per_token"],
        "validations": [
            [row["step"], round(row["validation"]["nats_per_token"], 4)]
            for row in metrics
            if "validation" in row
        ],
        "rows": thinned(metrics),
    }


def thinned(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Means over pieces of equal length, each named after its last step."""
    length = -(-len(rows) // _ROWS)
    found = []
    for first in range(0, len(rows), length):
        piece = rows[first : first + length]
        rates = zip(*(row["firing_rates"] for row in piece), strict=True)
        found.append(
            {
                "step": piece[-1]["step"],
                "train_nats_per_token": round(fmean(r["train_nats_per_token"] for r in piece), 4),
                "firing_rates": [round(fmean(rate), 5) for rate in rates],
                "tokens_per_second": round(fmean(r["tokens_per_second"] for r in piece)),
            }
        )
    return found


def draw(record: dict[str, Any], path: Path) -> None:
    """Write the picture, as SVG whose bytes depend on the numbers alone."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "curves", "svg.fonttype": "none", "font.size": 10}):
        figure = Figure(figsize=(10, 3.8), facecolor="white", layout="constrained")
        train = record["train"]
        each = train["batch"] * train["window"] * train["accumulate"]
        millions = [row["step"] * each / 1e6 for row in record["rows"]]
        losses, firing = figure.subplots(1, 2)
        _losses(losses, record, millions, each)
        _firing(firing, record, millions)
        for axes in (losses, firing):
            axes.set_xlabel("million tokens trained on")
            axes.grid(color="#dddddd", linewidth=0.6)
            axes.spines[["top", "right"]].set_visible(False)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def _firing(axes: Any, record: dict[str, Any], millions: list[float]) -> None:
    for i, rates in enumerate(zip(*(r["firing_rates"] for r in record["rows"]), strict=True)):
        colour = _COLOURS[min(i, len(_COLOURS) - 1)]
        axes.plot(millions, [100 * r for r in rates], color=colour, label=f"layer {i + 1}")
    axes.axhline(100 * record["train"]["target_firing"], color="#888888", ls=":", label="target")
    axes.set_ylabel("firing rate, % of neurons per token")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, ncols=2, loc="lower right")


def _losses(axes: Any, record: dict[str, Any], millions: list[float], each: int) -> None:
    training = [row["train_nats_per_token"] for row in record["rows"]]
    axes.plot(millions, training, color="#1f5fa8", label="training (text and sampled stories)")
    scored = [(step * each / 1e6, nats) for step, nats in record["validations"]]
    if scored:
        axes.plot(
            *zip(*scored, strict=True), "o-", color="#c0562b", label="validation, cold starts"
        )
    if teacher := record["teacher_nats_per_token"]:
        axes.axhline(teacher, color="#888888", ls=":", label="teacher, same validation")
    axes.set_ylabel("nats per token")
    highest = scored[0][1] if scored else training[-1]
    axes.set_ylim(min([*training, teacher or 9]) - 0.1, highest + 0.8)
    axes.legend(frameon=False, loc="upper right")


@click.command()
@click.argument("run", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--picture",
    type=click.Path(path_type=Path),
    default=Path("docs/pictures/training.svg"),
    show_default=True,
)
@click.option("--record", "kept", type=click.Path(path_type=Path), help="Keep the numbers, too.")
def main(run: Path, picture: Path, kept: Path | None) -> None:
    """Draw the curves of RUN."""
    record = read(run)
    draw(record, picture)
    if kept:
        rows = ",\n".join(json.dumps(row) for row in record.pop("rows"))
        head = json.dumps(record)[:-1]
        kept.write_text(f'{head},\n"rows": [\n{rows}\n]}}\n', encoding="utf-8")
    click.echo(f"{picture}: {millions(record)} million tokens")


def millions(record: dict[str, Any]) -> str:
    """How much was trained on."""
    train = record["train"]
    n = train["steps"] * train["batch"] * train["window"] * train["accumulate"]
    return f"{n / 1e6:,.0f}"


if __name__ == "__main__":
    main()
