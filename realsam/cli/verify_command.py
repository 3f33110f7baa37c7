"""`realsam verify`: every spike of every backend against every other."""

from pathlib import Path

import click

from export.bundle import Bundle, load_bundle
from realsam.cli.backends import backend_names, installed, require
from realsam.cli.proof import check_host, compare, play, say_parity
from realsam.console import Command, emit_json, format_option, note
from realsam.errors import BackendUnavailableError
from realsam.ir import ClosedLoop, Replay, Sampler
from realsam.vocab import prompt_tokens
from sim.simulator import fast_host, run


@click.command(
    cls=Command, epilog="Example: realsam verify --tokens 200 --backends torch,lava-graph"
)
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@click.option("--tokens", "n_tokens", type=click.IntRange(1), help="Tokens [the record's].")
@click.option(
    "--backends",
    type=backend_names,
    metavar="NAMES",
    help="Names separated by commas [all installed].",
)
@format_option
def command(
    bundle: Path | None, n_tokens: int | None, backends: list[str] | None, style: str
) -> None:
    """Compare every spike of every population and every readout voltage of BUNDLE.

    The first witness is the record of the training module that the bundle carries.
    """
    loaded = load_bundle(bundle, tagger=None)
    names = backends or installed()
    for name in names:
        require(name)
    network, record = loaded.network, loaded.record
    check_host(loaded)
    if (n_tokens or 0) > record.n_tokens and len(names) < 2:
        raise BackendUnavailableError(
            f"beyond the record's {record.n_tokens} tokens {names[0]} would be its own witness",
            "name a second backend, or fewer tokens",
        )
    spikes = loaded.host.code[_tokens(loaded, n_tokens or record.n_tokens)]
    note(f"{'record':<12} {min(record.n_tokens, len(spikes))} tokens of the training module")
    runs = [play(name, network, Replay(spikes), note) for name in names]
    compare(network, [record, *runs])
    compare(network, runs)  # beyond the record's last token
    if len(spikes) == record.n_tokens:
        say_parity(loaded, record, runs, note)
    recorded = min(record.n_tokens, len(spikes))
    neurons = sum(network.sizes.values())
    if style == "json":
        emit_json(
            {
                "exact": True,
                "tokens": len(spikes),
                "neurons": neurons,
                "backends": ["record", *names],
                "recorded_tokens": recorded,
                "differences": 0,
            }
        )
    else:
        click.echo(
            f"exact: {len(spikes)} tokens x {neurons} neurons, {1 + len(names)} backends, "
            f"0 differences{'' if recorded == len(spikes) else f' (record: {recorded} tokens)'}"
        )


def _tokens(bundle: Bundle, n_tokens: int) -> list[int]:
    """The tokens of the probe text, then those that the model goes on with, or the text again."""
    probe = prompt_tokens(bundle.vocabulary, bundle.manifest["probe"]["text"])
    if n_tokens <= len(probe):
        return probe[:n_tokens]
    if bundle.host.tags:
        return (probe * n_tokens)[:n_tokens]
    n_new = n_tokens - len(probe)
    loop = ClosedLoop(fast_host(bundle.host), probe, Sampler(), n_new, stop_at_end=False)
    run(bundle.network, loop)
    return loop.tokens
