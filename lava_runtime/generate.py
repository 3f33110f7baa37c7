"""The command `python -m lava_runtime.generate`: text from a bundle, on Lava.

It reads the exported bundle, never a checkpoint, streams the words as they come and ends with
spikes, sparsity, synaptic operations and estimated energy per token.
"""

from math import log
from pathlib import Path
from typing import Any

import click
import numpy as np

from export.bundle import Bundle, load_bundle
from lava_runtime.backend import run
from lava_runtime.hardware import refuse_loihi2
from realsam.console import STDERR, Command, emit_json, format_option
from realsam.ir import ClosedLoop, Host, Run, Sampler, perplexity
from realsam.report import count, estimate, load_costs, render_text, to_json
from realsam.vocab import TextStream, prompt_tokens
from sim.simulator import fast_host


@click.command(
    cls=Command,
    epilog='Example: python -m lava_runtime.generate --prompt "Once upon '
    'a time" --tokens 60 --mode graph',
)
@click.option("--model", type=click.Path(path_type=Path), help="Bundle [the shipped model].")
@click.option("--prompt", required=True, help="Text to go on with.")
@click.option(
    "--tokens",
    "n_tokens",
    type=click.IntRange(1),
    default=120,
    show_default=True,
    help="Tokens to generate at most.",
)
@click.option(
    "--mode",
    type=click.Choice(["fused", "graph"]),
    default="fused",
    show_default=True,
    help="One fast process, or the graph of LIF and DelayDense that a chip runs.",
)
@click.option("--temperature", type=float, default=0.7, show_default=True, help="0: likeliest.")
@click.option("--top-k", type=int, default=40, show_default=True, help="0: all tokens.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--target",
    type=click.Choice(["sim", "loihi2"]),
    default="sim",
    show_default=True,
    help="Lava's CPU simulator, or a Loihi 2 chip.",
)
@click.option("--strict", is_flag=True, help="An overflowing current is an error, not a wrap.")
@format_option
def main(
    model: Path | None,
    prompt: str,
    n_tokens: int,
    mode: str,
    temperature: float,
    top_k: int,
    seed: int,
    target: str,
    strict: bool,
    style: str,
) -> None:
    """Generate text with a spiking language model on Lava."""
    if target == "loihi2":
        refuse_loihi2()
    sampler = Sampler(temperature, top_k, seed)
    bundle = load_bundle(model)
    host = fast_host(bundle.host)
    tokens = prompt_tokens(bundle.vocabulary, prompt)
    stream = TextStream(bundle.vocabulary)
    with STDERR.status(f"Lava ({mode}) reads {len(tokens)} tokens") as status:

        def show(token: int) -> None:
            if len(loop.generated) == 1:
                status.stop()  # from here on the words are the progress
                click.echo(prompt, nl=False)
            click.echo(stream.add(token), nl=False)  # flushes

        on_token = show if style == "text" else None
        loop = ClosedLoop(host, tokens, sampler, n_tokens, on_token)
        played = run(bundle.network, loop, mode, strict)
    counts = count(bundle.network, bundle.host, played)
    energy = estimate(counts, load_costs())
    if style == "json":
        emit_json({**_report(bundle, host, loop, played), "seed": seed, **to_json(counts, energy)})
        return
    click.echo(f"{stream.end()}\n")
    click.echo(render_text(counts, energy))
    click.echo(
        f"speed                {played.tokens_per_second:,.0f} tokens/s on Lava "
        f"{played.notes['lava']} ({mode}, processes: {played.notes['processes']}, started in "
        f"{float(played.notes['startup_seconds']):.1f} s)"
    )


def _report(bundle: Bundle, host: Host, loop: ClosedLoop, played: Run) -> dict[str, Any]:
    """What `--format json` says of the text and its score."""
    text = bundle.vocabulary.decode(loop.tokens)
    following = np.array(loop.tokens[1 : played.n_tokens + 1])
    nats = float(host.nats(played.voltage[: len(following)], following).sum())
    n_bytes = max(1, len(text.encode()))
    return {
        "text": text,
        "tokens": len(loop.generated),
        "token_ids": loop.tokens,
        "prompt_tokens": len(loop.tokens) - len(loop.generated),
        "tokens_per_second": played.tokens_per_second,
        "nats_per_token": nats / len(following),
        "perplexity": perplexity(nats / len(following)),
        "bits_per_byte": nats / log(2) / n_bytes,
        "bytes_per_token": n_bytes / len(following),
        "vocab_size": host.vocab_size,
        "backend": played.backend,
        "versions": played.notes,
    }


if __name__ == "__main__":
    main()
