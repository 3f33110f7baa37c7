"""Text from a language model on any backend: the options, the words as they come, the report.

`realsam generate` and `python -m lava_runtime.generate` are this module with a backend. Libraries
are imported when they are used: `--help` is fast, and Ctrl-C while they load ends clean.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from realsam.console import (
    INTERRUPTED,
    REPORT_STYLES,
    SAMPLING,
    STDERR,
    emit_json,
    format_option,
    note,
    strict_option,
    with_options,
)

if TYPE_CHECKING:
    from realsam.ir import ClosedLoop, Driver, Host, Network, Run, Sampler
    from realsam.live import LiveView
    from realsam.vocab import Stops, Vocabulary
    from realsam.words import Words

    Model = tuple[Network, Host, Vocabulary]
    Play = Callable[[Network, Driver], Run]


def _report_file(_: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    if path and path.suffix not in REPORT_STYLES:
        endings = ", ".join(REPORT_STYLES)
        raise click.BadParameter(f"{str(path)!r} ends in none of {endings}", param=option)
    return path


_OPTIONS = (
    click.option("--prompt", required=True, help="Text to go on with."),
    click.option(
        "--tokens",
        "n_tokens",
        type=click.IntRange(1),
        default=120,
        show_default=True,
        help="Tokens to generate at most.",
    ),
    click.option("--stop", multiple=True, help="Text to stop before; may be given again."),
    *SAMPLING,
    click.option(
        "--report",
        type=click.Path(path_type=Path, readable=False),
        callback=_report_file,
        help=f"Report to write: {', '.join(REPORT_STYLES)}.",
    ),
    click.option("--live", is_flag=True, help="Show who fires while the text comes."),
    strict_option,
    format_option,
)


@dataclass(frozen=True)
class Request:
    """What to write and how to show it: the values of `request_options`."""

    prompt: str
    n_tokens: int
    stop: tuple[str, ...]
    temperature: float
    top_k: int
    top_p: float
    repetition_penalty: float
    seed: int
    report: Path | None
    live: bool
    strict: bool
    style: str  # "text" or "json"

    @property
    def sampler(self) -> "Sampler":
        """How tokens are chosen.

        Raises:
            PromptError: if nothing can be chosen so.
        """
        from realsam.ir import Sampler

        return Sampler(self.temperature, self.top_k, self.seed, self.top_p, self.repetition_penalty)


request_options = with_options(_OPTIONS)  # that make a Request


def generate(request: Request, model: "Model", play: "Play", folder: Path, backend: str) -> None:
    """Write the text and its report to stdout, and the whole report to a file if one is named.

    Args:
        request: what to write.
        model: network, host and vocabulary.
        play: runs a network to the end of its driver, strictly if the request says so.
        folder: of the model, which names it in the report.
        backend: what runs it, for people who wait.

    Raises:
        PromptError: if the prompt or the sampling cannot be used.
        RunError: if so many tokens do not fit into memory, or the report cannot be written.
        ReportError: if the report needs a library that is not installed.
    """
    from realsam.report import (
        count,
        estimate,
        facts_of,
        load_costs,
        quantities,
        render_backend,
        render_summary,
        summary,
    )
    from realsam.vocab import Stops

    network, host, vocabulary = model
    _refuse_report(request, folder)
    loop, run = _played(request, model, play, backend)
    counts = count(facts_of(network, host), run)
    energy = estimate(quantities(counts), load_costs())
    if request.style == "json":
        stops = Stops(vocabulary, request.stop)
        about = _text_json(host, vocabulary, stops, loop, run)
        emit_json({**about, "seed": request.seed, **summary(counts, energy)})
    else:
        click.echo()
        click.echo(render_summary(counts, energy))
        speed = f"{run.tokens_per_second:,.0f} tokens/s {render_backend(run)}"
        click.echo(f"speed                {speed}")
    _write_report(request, model, folder, loop, run)


def _refuse_report(request: Request, folder: Path) -> None:
    from realsam.files import refuse_place
    from realsam.report import require_style

    if request.report:
        require_style(REPORT_STYLES[request.report.suffix])
        refuse_place(request.report, [folder], "--report")


def _write_report(
    request: Request, model: "Model", folder: Path, loop: "ClosedLoop", run: "Run"
) -> None:
    from realsam.files import replacing
    from realsam.profiling import model_name, profile_of
    from realsam.report import TABLES, Report, load_costs, render

    if not request.report:
        return
    n_prompt = len(loop.tokens) - len(loop.generated)
    name, settings = model_name(folder), request.sampler.settings
    profile = profile_of(name, model, run, loop.tokens, n_prompt, settings)
    report = Report(profile, tuple(map(load_costs, TABLES)))
    text = render(REPORT_STYLES[request.report.suffix], report)
    with replacing(request.report) as partial:
        partial.write_text(text, encoding="utf-8")
    note(f"wrote {request.report}")


def _played(
    request: Request, model: "Model", play: "Play", backend: str
) -> tuple["ClosedLoop", "Run"]:
    """Play the text, showing it as it comes if it is for people."""
    from realsam.ir import ClosedLoop
    from realsam.memory import refuse_record
    from realsam.vocab import Stops, prompt_tokens
    from sim.simulator import fast_host, fast_sampler

    network, host, vocabulary = model
    sampler, stops = fast_sampler(request.sampler), Stops(vocabulary, request.stop)
    ends = stops if request.stop else None
    tokens = prompt_tokens(vocabulary, request.prompt)
    refuse_record(network, request.n_tokens, "tokens")
    waiting = f"{backend} reads {len(tokens)} tokens"
    with _view(request, model, stops, tokens, waiting) as view:
        on_token = view.add if request.style == "text" else None
        loop = ClosedLoop(fast_host(host), tokens, sampler, request.n_tokens, on_token, ends=ends)
        try:
            return loop, play(network, loop)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None  # the text so far is the result


def _view(
    request: Request, model: "Model", stops: "Stops", tokens: list[int], waiting: str
) -> "Words | LiveView":
    from realsam.words import Words

    if request.live and request.style == "text" and STDERR.is_terminal:
        from realsam.live import LiveView

        return LiveView(model, request.prompt, tokens, stops)
    return Words(model[2], request.prompt, waiting, stops)


def _text_json(
    host: "Host", vocabulary: "Vocabulary", stops: "Stops", loop: "ClosedLoop", run: "Run"
) -> dict[str, Any]:
    """What `--format json` says of the text and its score."""
    from math import log

    from realsam.ir import perplexity
    from realsam.profiling import score

    prompt = loop.tokens[: len(loop.tokens) - len(loop.generated)]
    text = vocabulary.decode(prompt) + stops.text(loop.generated)
    scores = score(host, run, loop.tokens)
    nats, n_scored = float(scores.sum()), scores.size
    n_bytes = max(1, len(text.encode()))
    return {
        "text": text,
        "tokens": len(loop.generated),
        "token_ids": loop.tokens,
        "prompt_tokens": len(loop.tokens) - len(loop.generated),
        "tokens_per_second": run.tokens_per_second,
        "nats_per_token": nats / n_scored,
        "perplexity": perplexity(nats / n_scored),
        "bits_per_byte": nats / log(2) / n_bytes,
        "bytes_per_token": n_bytes / n_scored,
        "vocab_size": host.vocab_size,
        "backend": run.backend,
        "versions": run.notes,
    }
