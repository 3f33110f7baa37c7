"""`realsam train`: text to a trained run."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from realsam.cli.backends import require_torch
from realsam.console import Command, emit_json, format_option, note, progress, stages
from realsam.errors import DataError

if TYPE_CHECKING:
    from realsam.train.loop import Progress
    from realsam.train.session import Session


def rates(text: str) -> float | tuple[float, ...]:
    """One number for all layers, or several between commas."""
    numbers = tuple(float(number) for number in text.split(","))
    return numbers if len(numbers) > 1 else numbers[0]


@click.command(cls=Command, epilog="Example: realsam train stories.txt --preset small --steps 2000")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--valid", type=click.Path(path_type=Path), help="Text to validate on.")
@click.option(
    "--preset",
    type=click.Choice(["tiny", "small", "base", "v1", "v2", "v3", "v4"]),
    default="tiny",
    show_default=True,
    help="Size of the model and its training.",
)
@click.option("--vocab-size", type=int, help="Tokens of the vocabulary.")
@click.option("--layers", type=click.IntRange(1), help="LIF layers.")
@click.option("--width", type=click.IntRange(1), help="Neurons of a layer.")
@click.option("--steps", type=int, help="Optimizer steps.")
@click.option("--batch", type=int, help="Parallel streams of text.")
@click.option("--window", type=int, help="Tokens per truncated back-propagation.")
@click.option("--accumulate", type=int, help="Windows per optimizer step.")
@click.option("--lr", type=float, help="Learning rate of embedding, decays and thresholds (Adam).")
@click.option("--matrix-lr", type=float, help="Learning rate of the weight matrices (Muon).")
@click.option("--dropout", type=click.FloatRange(0, 1, max_open=True), help="Of spikes.")
@click.option(
    "--target-firing",
    type=rates,
    metavar="RATE[,RATE...]",
    help="Spikes per neuron and token, of all layers or of each.",
)
@click.option("--environment", type=float, help="Gain that full stress adds; 0: none.")
@click.option("--diversity", type=float, help="Spread of the neurons' fixed factors; 0: none.")
@click.option("--eval-every", type=int, help="Steps between validations and checkpoints.")
@click.option("--patience", type=int, help="Validations without a gain that end a run; 0: never.")
@click.option("--min-gain", type=float, help="Nats per token that count as a gain  [0.01].")
@click.option("--seed", type=int)
@click.option("--teacher", type=click.Path(path_type=Path), help="Learn from this teacher, too.")
@click.option("--teacher-share", type=float, help="Of the teacher in the loss  [0.7].")
@click.option("--teacher-top", type=int, help="Tokens that it names after each token  [64].")
@click.option("--sampled", type=int, help="Tokens of stories by the teacher to add to the text.")
@click.option(
    "--from",
    "origin",
    type=click.Path(path_type=Path),
    help="Begin with the weights of a run, of a bundle, or of the `shipped` model.",
)
@click.option("--curriculum", is_flag=True, help="Phases of ever longer pieces of the text.")
@click.option(
    "--conversations",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Text of turns for the last phases of a curriculum; may be given again.",
)
@click.option(
    "--device", type=click.Choice(["auto", "cuda", "mps", "cpu"]), default="auto", show_default=True
)
@click.option("--out", type=click.Path(path_type=Path), help="Run folder [runs/TIME-PRESET].")
@click.option("--resume", type=click.Path(path_type=Path), help="Run folder to go on with.")
@format_option
def command(
    files: tuple[Path, ...],
    valid: Path | None,
    preset: str,
    out: Path | None,
    resume: Path | None,
    teacher: Path | None,
    origin: Path | None,
    curriculum: bool,
    conversations: tuple[Path, ...],
    device: str,
    style: str,
    **changes: Any,
) -> None:
    """Train on text FILES (.txt, .xz, .gz; stories apart by <|endoftext|> lines).

    A folder that `realsam data prepare` wrote takes the place of FILES. Without either it trains
    on a generated toy corpus. A teacher is a folder that `realsam teach` wrote; the run takes over
    its vocabulary. A curriculum is a folder of runs, one for each phase; --resume goes on with the
    one that was cut. On N GPUs of a machine:
    torchrun --nproc-per-node N -m realsam.cli train ...
    """
    require_torch()
    from realsam.cli.curriculum import follow, refuse_options
    from realsam.train.curriculum.course import Course
    from realsam.train.curriculum.record import Plan
    from realsam.train.distillation import silent
    from realsam.train.parallel import Processes, joined
    from realsam.train.runs import is_curriculum
    from realsam.train.session import Session, prepare, resumed

    given = {name: value for name, value in changes.items() if value is not None}
    if resume and (files or valid or out or origin or conversations):
        raise DataError(
            "--resume keeps the run's own text and folder",
            "leave FILES, --valid, --conversations, --from and --out out",
        )
    if conversations and not curriculum:
        raise DataError("--conversations is for --curriculum", "give both, or leave it out")

    def start(processes: Processes) -> Session:
        with stages() as show:
            told = show if processes.is_main else silent
            if resume:
                changes = given | ({"teacher": teacher} if teacher else {})
                return resumed(resume, changes, device, processes, told)
            return prepare(
                files, valid, preset, given, device, out, processes, teacher, told, origin
            )

    with joined() as processes:
        if not (curriculum or (resume and is_curriculum(resume))):
            _train(start(processes), style, processes.is_main)
            return
        refuse_options(given, teacher, resume, processes.n)
        plan = Plan(files, valid, conversations, preset, given, origin)
        course = Course.resumed(resume) if resume else Course.new(plan, out)
        follow(course, device, _shown, style)


def _train(session: "Session", style: str, is_main: bool) -> None:
    from realsam.train.runs import interrupted

    try:
        if is_main:
            _train_and_tell(session, style)
        else:
            session.trainer.train(lambda _: None)
    except KeyboardInterrupt:
        raise interrupted(session.folder) from None


def _train_and_tell(session: "Session", style: str) -> None:
    note(session.story)
    last = _shown(session)
    if style == "json":
        emit_json({"run": str(session.folder), **last})
    elif last:
        click.echo(
            f"run {session.folder}: validation {last['nats_per_token']:.4f} nats per token, "
            f"perplexity {last['perplexity']:.2f}, firing {last['firing_rate']:.1%}"
        )


def _shown(session: "Session") -> dict[str, Any]:
    """Train, showing how it goes; returns the last validation."""
    last: dict[str, Any] = {}
    with progress("training", session.trainer.config.steps) as (bar, task):

        def show(now: "Progress") -> None:
            bar.update(task, completed=now.step, text=str(now))
            for line in now.warnings():
                note(f"step {now.step}: {line}")
            if now.validation:
                last.update(
                    now.validation.to_json(), step=now.step, tokens_per_second=now.tokens_per_second
                )
                note(
                    f"step {now.step}: {now}; validation "
                    f"{now.validation.nats_per_token:.4f} nats per token, firing by layer "
                    + " ".join(f"{rate:.1%}" for rate in now.validation.firing_rates.values())
                )
            if now.ended:
                note(f"ends with the checkpoint of step {now.step}, {now.ended}")

        session.trainer.train(show)
    return last
