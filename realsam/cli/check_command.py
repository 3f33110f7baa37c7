"""`realsam check`: whether a chip can hold a network."""

from itertools import groupby
from pathlib import Path

import click

from export.netx import to_netx
from realsam.checking import CHIP_LIMITS, RULES, Finding, Report, check, limits_of
from realsam.cli.models import any_network
from realsam.cli.observation import observe
from realsam.cli.spikes import load_spikes
from realsam.console import Command, emit_json, format_option, note
from realsam.errors import LimitError, PromptError
from realsam.files import refuse_place
from realsam.ir import split
from realsam.report import render_table
from realsam.vocab import prompt_tokens

_PATH = click.Path(path_type=Path, readable=False)  # what cannot be read is no wrong usage
_SAYS = {rule.id: rule.what for rule in RULES}


@click.command(cls=Command, epilog="Example: realsam check digits.net --chip loihi1")
@click.argument("file", required=False, type=_PATH)
@click.option("--chip", type=click.Choice(list(CHIP_LIMITS)), default="loihi2", show_default=True)
@click.option("--input", "source", type=_PATH, help="Spikes to observe: .npy or .npz, as for run.")
@click.option("--prompt", help="Text to observe, for a language model.")
@click.option(
    "--limit",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="A limit that you know better; docs/checking.md lists them.",
)
@click.option("--split", "out", type=_PATH, help="Write the network, split by register, as netx.")
@format_option
def command(
    file: Path | None,
    chip: str,
    source: Path | None,
    prompt: str | None,
    given: tuple[str, ...],
    out: Path | None,
    style: str,
) -> None:
    """Check FILE, a netx or NIR file or a bundle (default: the shipped model), against a chip.

    Errors are what the chip cannot hold; warnings rest on an assumption, or need not happen. With
    --split it is the split network that is checked. Exit code 1 if there is an error.
    """
    if source and prompt is not None:
        raise click.UsageError("--input and --prompt are two inputs; give one")
    limits = _given(chip, given)
    if out:
        refuse_place(out, [path for path in (file, source) if path], "--split")
    network, bundle = any_network(file)
    spikes = None
    if source:
        spikes = load_spikes(source, network.input)
    elif prompt is not None:
        if bundle is None:
            raise PromptError(f"{file}: has no vocabulary", "give --input, or name a bundle")
        spikes = bundle.host.code[prompt_tokens(bundle.vocabulary, prompt)]
    if out:
        network = split(network)
        to_netx(network, out)
        note(f"wrote {len(network.populations)} populations to {out}")
    report = check(network, chip, limits, observe(network, spikes) if spikes is not None else None)
    if style == "json":
        emit_json(report.to_json())
    else:
        _show(report)
    if report.n_errors:
        raise click.exceptions.Exit(1)


def _given(chip: str, words: tuple[str, ...]) -> dict[str, int]:
    limits = {}
    for word in words:
        name, _, value = word.partition("=")
        try:
            limits[name] = int(value)
        except ValueError:
            raise click.BadParameter(f"{word!r} is not NAME=VALUE", param_hint="--limit") from None
    try:
        limits_of(chip, limits)
    except LimitError as error:
        raise click.BadParameter(str(error), param_hint="--limit") from error
    return limits


def _show(report: Report) -> None:
    """Findings by rule, then the ranges."""
    for (severity, rule), found in groupby(report.findings, lambda f: (f.severity, f.rule)):
        findings = list(found)
        click.echo(f"{severity}: {rule}: {_SAYS[rule]} ({findings[0].source})")
        for line in _lines(findings):
            click.echo(f"  {line}")
        click.echo()
    headers = [
        "population",
        "a_in",
        "u",
        "v",
        *["a_in seen", "u seen", "v seen"][: 3 * bool(report.observed)],
    ]
    rows = []
    for name, reach in report.worst.items():
        seen = report.observed.get(name)
        both = [reach, *([seen] if seen else [])]
        cells = (i.extremes for r in both for i in (r.a_in, r.u, r.v))
        rows.append([name, *(f"{low:,}..{high:,}" for low, high in cells)])
    for line in render_table(headers, rows):
        click.echo(line)
    verdict = "fails" if report.n_errors else "passes"
    click.echo(
        f"\n{report.chip}: {verdict} with {report.n_errors} errors, {report.n_warnings} warnings"
    )


def _lines(findings: list[Finding]) -> list[str]:
    """A line per finding, and the fix where it is another than that of the next one."""
    fixes = [f.fix for f in findings]
    lines = []
    for finding, following in zip(findings, [*fixes[1:], None], strict=True):
        fix = f"; {finding.fix}" if finding.fix != following else ""
        lines.append(f"{finding.object}: {finding.value}, limit {finding.limit}{fix}")
    return lines
