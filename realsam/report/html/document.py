"""The page: template, style, scripts, charts and data as one text.

Text of a model is hostile until it is escaped: Jinja escapes all that stands in the page, JSON is
written without `<`, and a content security policy lets only the scripts of this package run, by
their hashes, and forbids every request.
"""

import json
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import Any

import vl_convert
from altair import SCHEMA_VERSION
from jinja2 import Environment, PackageLoader, StrictUndefined

from realsam.report.html import tokens, units
from realsam.report.html.charts import charts

_SCRIPTS = ("charts.js", "tokens.js", "theme.js", "page.js")
_VEGA = "window.vegaEmbed = vegaEmbed;"  # what the page needs of the bundle
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, which UTF-8 cannot hold


def render(report: dict[str, Any]) -> str:
    """One self-contained HTML file; equal reports give equal bytes.

    Args:
        report: of format 1, as `realsam report --format json` writes it.
    """
    jinja = _environment()
    shown, drawn = tokens.shown(report), charts(report)
    scripts = [_vega(), "".join(_source(jinja, name) for name in _SCRIPTS)]
    page = jinja.get_template("page.html").render(
        report=report,
        tokens=shown,
        scales=tokens.scales(report),
        charts=drawn,
        data={
            "charts": {name: chart.spec for name, chart in drawn.items()},
            "events": report["events"],
            "tokens": [token.told() for token in shown],
        },
        scripts=scripts,
        hashes=[_hash(script) for script in scripts],
        vega=vl_convert.get_vega_version(),
    )
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", page)


def _environment() -> Environment:
    jinja = Environment(
        loader=PackageLoader("realsam.report.html", "template"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    jinja.filters |= {
        "decimal": units.decimal,
        "number": units.number,
        "percent": units.percent,
        "quantity": units.quantity,
        "json": _json,
    }
    jinja.globals |= {"span": units.span, "MEASURES": tokens.MEASURES}
    return jinja


def _source(jinja: Environment, name: str) -> str:
    assert jinja.loader is not None
    return jinja.loader.get_source(jinja, name)[0]


def _json(data: object) -> str:
    """JSON for a script element, which only `<` can end."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _hash(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


@cache
def _vega() -> str:
    """Vega-Embed with Vega and Vega-Lite as one script, for the version that Altair writes."""
    version = ".".join(SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    bundle = vl_convert.javascript_bundle(_VEGA, version)
    return str(bundle).replace("</script", "<\\/script")
