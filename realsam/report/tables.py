"""Tables and lines for people, which several commands print."""

from collections.abc import Sequence

from realsam.ir import Run


def render_backend(run: Run) -> str:
    """Where a run took place: `on ...`."""
    about = dict(run.notes)
    if "lava" in about:
        mode = run.backend.removeprefix("lava-")
        return (
            f"on Lava {about['lava']} ({mode}, processes: {about['processes']}, started in "
            f"{float(about['startup_seconds']):.1f} s)"
        )
    about.pop("machine", None)
    return f"on {run.backend} ({', '.join(f'{name} {value}' for name, value in about.items())})"


def render_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table: headers, a rule, rows; the first column to the left."""
    widths = [max(len(row[i]) for row in [headers, *rows]) for i in range(len(headers))]
    return [_line(row, widths) for row in (headers, ["-" * w for w in widths], *rows)]


def _line(cells: Sequence[str], widths: list[int]) -> str:
    first = cells[0].ljust(widths[0])
    return "  ".join([first, *(c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True))])
