"""The page as one text: templates, styles and scripts of this folder around what was found.

Colours, type and the switch from light to dark are those of the HTML report. As there, a content
security policy forbids every request, and every script but these, which it knows by their hashes.
"""

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import realsam.report.html
from benchmarks.page import plays, records, wire
from benchmarks.page.sheet import N_NEURONS, sheet
from export.bundle import TALKS, load_bundle
from realsam.report import TABLES, Report, load_costs
from realsam.report.comparison import Row
from realsam.report.html import units

_FOLDERS = (
    Path(__file__).parent / "template",
    Path(realsam.report.html.__file__).parent / "template",
)
_SCRIPTS = ("theme.js", "reading.js", "chip.js", "sheet.js", "hero.js")
_LEFT_OUT = ("this run", "kernel by kernel", "CMOS")  # rows of the comparison of energies


def page() -> str:
    """The page; equal models, records and templates give equal bytes."""
    bundle, drawn = load_bundle(), sheet()
    profiles = [plays.profiled(bundle, seed) for seed in plays.SEEDS]
    report = Report(profiles[0], tuple(map(load_costs, TABLES)))
    return render(
        data={"network": wire.to_json(drawn.network), "places": drawn.places},
        n_neurons=N_NEURONS,
        n_synapses=sum(int(n.sum()) for n in drawn.network.fan_out().values()),
        chip=plays.architecture(bundle),
        model=bundle.path.name,
        prompt=plays.PROMPT,
        samples=[plays.sample(profile) for profile in profiles],
        talker=TALKS.name,
        talks=[plays.talk(seed) for seed in plays.TALK_SEEDS],
        raster=plays.raster(bundle),
        exactness=records.exactness(),
        versions=records.versions(),
        curriculum=records.curriculum(),
        energies=[row for row in report.comparison if _is_shown(row)],
        n_tokens=report.counts.n_tokens,
    )


def _is_shown(row: Row) -> bool:
    return not any(words in row.where for words in _LEFT_OUT)


def render(data: object, **values: Any) -> str:
    """Fill the templates.

    Args:
        data: what the scripts read.
        values: what the templates read.
    """
    jinja = Environment(
        loader=FileSystemLoader(_FOLDERS),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    jinja.filters |= {
        "number": units.number,
        "percent": units.percent,
        "quantity": units.quantity,
        "signed": signed,
    }
    jinja.globals |= {"span": units.span}
    assert jinja.loader is not None
    script = "\n".join(jinja.loader.get_source(jinja, name)[0] for name in _SCRIPTS)
    return jinja.get_template("index.html").render(
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
        script=script,
        hash=b64encode(sha256(script.encode()).digest()).decode(),
        **values,
    )


def signed(value: float) -> str:
    """A difference to three places: +0.009, with a minus that is as long as the plus."""
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")
