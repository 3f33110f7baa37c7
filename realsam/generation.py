"""Text from a language model on any backend: the options, the words as they come, the report.

`realsam generate` and `python -m lava_runtime.generate` are this module with a backend. Libraries
are imported when they are used: `--help` is fast, and Ctrl-C while they load ends clean.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from realsam.console import (
    INTERRUPTED,
    SAMPLING,
    STDERR,
    emit_json,
    format_option,
    strict_option,
    with_options,
)

if TYPE_CHECKING:
    from realsam.ir import ClosedLoop, Driver, Host, Network, Run, Sampler
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
    click.option("--stop", multiple=True, help="Text to stop before; may be given again."),
    *SAMPLING,
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
    from realsam.report import count, estimate, load_costs, render_backend, render_text, to_json

    network, host, vocabulary = model
    loop, run = _played(request, model, play, backend)
    counts = count(network, host, run)
    energy = estimate(counts, load_costs())
    if request.style == "json":
        about = _report(request, host, vocabulary, loop, run)
        emit_json({**about, "seed": request.seed, **to_json(counts, energy)})
        return
    click.echo()
    click.echo(render_text(counts, energy))
    click.echo(f"speed                {run.tokens_per_second:,.0f} tokens/s {render_backend(run)}")


def _played(
    request: Request, model: "Model", play: "Play", backend: str
) -> tuple["ClosedLoop", "Run"]:
    """Play the text, streaming its words if it is for people; however it ends, so does its line."""
    from realsam.ir import ClosedLoop
    from realsam.memory import refuse_record
    from realsam.vocab import Stops, TextStream, prompt_tokens
    from sim.simulator import fast_host, fast_sampler

    network, host, vocabulary = model
    sampler, stops = fast_sampler(request.sampler), Stops(vocabulary, request.stop)
    tokens = prompt_tokens(vocabulary, request.prompt)
    refuse_record(network, request.n_tokens, "tokens")
    stream = TextStream(vocabulary, stops)
    with STDERR.status(f"{backend} reads {len(tokens)} tokens") as status:

        def show(token: int) -> None:
            if len(loop.generated) == 1:
                status.stop()  # from here on the words are the progress
                click.echo(request.prompt, nl=False)
            click.echo(stream.add(token), nl=False)  # flushes

        on_token = show if request.style == "text" else None
        ends = stops if request.stop else None
        loop = ClosedLoop(fast_host(host), tokens, sampler, request.n_tokens, on_token, ends=ends)
        try:
            return loop, play(network, loop)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None  # the text so far is the result
        finally:
            if on_token and loop.generated:
                click.echo(stream.end())


def _report(
    request: Request, host: "Host", vocabulary: "Vocabulary", loop: "ClosedLoop", run: "Run"
) -> dict[str, Any]:
    """What `--format json` says of the text and its score."""
    from math import log

    import numpy as np

    from realsam.ir import perplexity
    from realsam.vocab import Stops
    from sim.simulator import fast_host

    prompt, written = loop.tokens[: -len(loop.generated)], loop.generated
    text = vocabulary.decode(prompt) + Stops(vocabulary, request.stop).text(written)
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
