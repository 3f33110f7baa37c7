"""Renderings of a report by their names."""

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

from realsam.errors import ReportError
from realsam.report.render_csv import to_csv
from realsam.report.render_json import to_json
from realsam.report.render_text import to_text
from realsam.report.report import Against, Report


def _json(report: Report, against: Against | None) -> str:
    return json.dumps(to_json(report, against), allow_nan=False) + "\n"


def _html(report: Report, against: Against | None) -> str:
    return str(_page().render(to_json(report, against)))


def _page() -> Any:
    try:
        return import_module("realsam.report.html")  # late: it loads a plotting library
    except ModuleNotFoundError as missing:
        raise ReportError(
            f"html needs {missing.name}",
            "install realsam with its extra `report`, or take another format",
        ) from missing


STYLES: dict[str, Callable[[Report, Against | None], str]] = {
    "text": to_text,
    "json": _json,
    "html": _html,
    "csv": to_csv,
}


def require_style(style: str) -> None:
    """Refuse, before the work, a rendering whose library is missing.

    Raises:
        ReportError: naming the library.
    """
    if style == "html":
        _page()


def render(style: str, report: Report, against: Against | None = None) -> str:
    """The report in one of STYLES, its last line ended.

    Raises:
        ReportError: if a library for it is missing, or a measured reference cannot be read.
    """
    return STYLES[style](report, against)
