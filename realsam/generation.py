"""Text from a language model on any backend: the options, the words as they come, the report.

`realsam generate` and `python -m lava_runtime.generate` are this module with a backend. Libraries
are imported when they are used: `--help` is fast, and Ctrl-C while they load ends clean.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from realsam.console import INTERRUPTED, STDERR, emit_json, format_option, strict_option

if TYPE_CHECKING:
    from realsam.ir import ClosedLoop, Driver, Host, Network, Run
    from realsam.vocab import Vocabulary

    Model = tuple[Network, Host, Vocabulary]
    Play = Callable[[Network, Driver], Run]

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
    click.option("--temperature", type=float, default=0.7, show_default=True, help="0: likeliest."),
    click.option("--top-k", type=int, default=40, show_default=True, help="0: all tokens."),
    click.option("--seed", type=int, default=0, show_default=True),
    strict_option,
    format_option,
)


@dataclass(frozen=True)
class Request:
    """What to write and how to show it: the values of `request_options`."""

    prompt: str
    n_tokens: int
    temperature: float
    top_k: int
    seed: int
    strict: bool
    style: str  # "text" or "json"


def request_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that make a Request."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def generate(request: Request, model: "Model", play: "Play", backend: str) -> None:
    """Write the text and its report to stdout.

    Args:
        request: what to write.
        model: network, host and vocabulary.
        play: runs a network to the end of its driver, strictly if the request says so.
        backend: what runs it, for people who wait.

    Raises:
        PromptError: if the prompt or the sampling cannot be used.
        RunError: if so many tokens do not fit into memory.
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

    network, host, vocabulary = model
    loop, run = _played(request, model, play, backend)
    counts = count(facts_of(network, host), run)
    energy = estimate(quantities(counts), load_costs())
    if request.style == "json":
        about = _report(host, vocabulary, loop, run)
        emit_json({**about, "seed": request.seed, **summary(counts, energy)})
        return
    click.echo()
    click.echo(render_summary(counts, energy))
    click.echo(f"speed                {run.tokens_per_second:,.0f} tokens/s {render_backend(run)}")


def _played(
    request: Request, model: "Model", play: "Play", backend: str
) -> tuple["ClosedLoop", "Run"]:
    """Play the text, streaming its words if it is for people; however it ends, so does its line."""
    from realsam.ir import ClosedLoop, Sampler
    from realsam.memory import refuse_record
    from realsam.vocab import TextStream, prompt_tokens
    from sim.simulator import fast_host, fast_sampler

    network, host, vocabulary = model
    sampler = fast_sampler(Sampler(request.temperature, request.top_k, request.seed))
    tokens = prompt_tokens(vocabulary, request.prompt)
    refuse_record(network, request.n_tokens, "tokens")
    stream = TextStream(vocabulary)
    with STDERR.status(f"{backend} reads {len(tokens)} tokens") as status:

        def show(token: int) -> None:
            if len(loop.generated) == 1:
                status.stop()  # from here on the words are the progress
                click.echo(request.prompt, nl=False)
            click.echo(stream.add(token), nl=False)  # flushes

        on_token = show if request.style == "text" else None
        loop = ClosedLoop(fast_host(host), tokens, sampler, request.n_tokens, on_token)
        try:
            return loop, play(network, loop)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None  # the text so far is the result
        finally:
            if on_token and loop.generated:
                click.echo(stream.end())


def _report(
    host: "Host", vocabulary: "Vocabulary", loop: "ClosedLoop", run: "Run"
) -> dict[str, Any]:
    """What `--format json` says of the text and its score."""
    from math import log

    import numpy as np

    from realsam.ir import perplexity
    from sim.simulator import fast_host

    text = vocabulary.decode(loop.tokens)
    following = np.array(loop.tokens[1 : run.n_tokens + 1])
    nats = float(fast_host(host).nats(run.voltage[: len(following)], following).sum())
    n_bytes = max(1, len(text.encode()))
    return {
        "text": text,
        "tokens": len(loop.generated),
        "token_ids": loop.tokens,
        "prompt_tokens": len(loop.tokens) - len(loop.generated),
        "tokens_per_second": run.tokens_per_second,
        "nats_per_token": nats / len(following),
        "perplexity": perplexity(nats / len(following)),
        "bits_per_byte": nats / log(2) / n_bytes,
        "bytes_per_token": n_bytes / len(following),
        "vocab_size": host.vocab_size,
        "backend": run.backend,
        "versions": run.notes,
    }
