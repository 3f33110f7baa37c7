"""`realsam profile`: record what a language model does, for reports."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from export.bundle import SHIPPED
from realsam.cli.backends import backend_option, require
from realsam.cli.models import network_of
from realsam.console import (
    SAMPLING,
    STDERR,
    Command,
    emit_json,
    format_option,
    strict_option,
    with_options,
)
from realsam.documents import read_documents
from realsam.files import refuse_place
from realsam.ir import ClosedLoop, Driver, Network, Replay, Run, Sampler
from realsam.memory import refuse_record
from realsam.profiling import Model, ablated, members, model_name, profile_of
from realsam.report import Profile, ablation_line, save_profile
from realsam.vocab import prompt_tokens
from sim.simulator import fast_host, fast_sampler

_PATH = click.Path(path_type=Path, readable=False)  # what cannot be read is no wrong usage
_SAMPLED = 120  # tokens after a prompt
Play = Callable[[Network, Driver], Run]
# A run, its tokens, how many were given, how the others were sampled: for `profile_of`.
Played = tuple[Run, list[int], int, dict[str, float]]


@click.command(
    cls=Command, epilog='Example: realsam profile --prompt "Once upon a time" --out a.run'
)
@click.argument("model", required=False, type=_PATH)
@click.option("--prompt", help="Text to go on with.")
@click.option("--data", type=_PATH, help="Text to read: its stories end to end, never reset.")
@click.option(
    "--tokens",
    "n_tokens",
    type=click.IntRange(1),
    help=f"Tokens to sample after the prompt [{_SAMPLED}], or to read [all].",
)
@with_options(SAMPLING)
@click.option("--ablate", "group", metavar="GROUP", help="Also score without the spikes of GROUP.")
@click.option("--out", type=_PATH, required=True, help="File to write.")
@backend_option
@strict_option
@format_option
def command(
    model: Path | None,
    prompt: str | None,
    data: Path | None,
    n_tokens: int | None,
    group: str | None,
    out: Path,
    backend: str,
    strict: bool,
    style: str,
    **sampling: Any,
) -> None:
    """Play MODEL, a bundle or a run (default: the shipped model), and record it for `report`.

    GROUP is the part of a population's name before its first dot: `memory` of `memory.core`.
    """
    if (prompt is None) == (data is None):
        raise click.UsageError("Give either --prompt or --data.")
    play = partial(require(backend), strict=strict)
    folder = model or SHIPPED
    refuse_place(out, [folder, *([data] if data else [])])
    given = network_of(model)
    if group is not None:
        members(given[0], group)  # refused before the work
    with STDERR.status(f"{backend} plays"):
        if data:
            played = _read(given, data, n_tokens, play)
        else:
            sampler = fast_sampler(Sampler(**sampling))
            played = _sampled(given, str(prompt), n_tokens or _SAMPLED, sampler, play)
        profile = profile_of(model_name(folder), given, *played)
        if group is not None:
            profile = ablated(profile, given, group)
    save_profile(profile, out)
    _say(profile, out, style)


def _read(model: Model, data: Path, n_tokens: int | None, play: Play) -> Played:
    """Play a text, whose last token is only scored."""
    network, host, vocabulary = model
    tokens = [host.end_of_text]
    for document in vocabulary.encode_all(read_documents(data)):
        tokens += [*document, host.end_of_text]
    tokens = tokens[: n_tokens + 1 if n_tokens else None]
    fed = tokens[:-1]
    refuse_record(network, len(fed), "tokens")
    return play(network, Replay(host.code[fed])), tokens, len(fed), {}


def _sampled(model: Model, prompt: str, n_tokens: int, sampler: Sampler, play: Play) -> Played:
    """Play a prompt and go on with it."""
    network, host, vocabulary = model
    tokens = prompt_tokens(vocabulary, prompt)
    refuse_record(network, n_tokens, "tokens")
    loop = ClosedLoop(fast_host(host), tokens, sampler, n_tokens)
    run = play(network, loop)
    return run, loop.tokens, len(tokens), sampler.settings


def _say(profile: Profile, out: Path, style: str) -> None:
    run = profile.run
    if style == "json":
        emit_json(
            {
                "out": str(out),
                "network": run.network,
                "backend": run.backend,
                "tokens": run.n_tokens,
                "tokens_per_second": run.tokens_per_second,
                "nats_per_token": profile.text.nats_per_token,
                "differences": profile.differences,
                "ablation": vars(profile.ablation) if profile.ablation else None,
                "bytes": out.stat().st_size,
            }
        )
        return
    click.echo(
        f"recorded {run.n_tokens:,} tokens of {run.backend} in {out} "
        f"({out.stat().st_size / 1e3:,.0f} kB); {profile.differences:,} differences from the "
        "simulator"
    )
    if profile.ablation:
        click.echo(ablation_line(profile.ablation))
    click.echo(f"show it with: realsam report {out}")
