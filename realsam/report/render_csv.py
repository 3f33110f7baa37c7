"""The report for spreadsheets: one row per token and population."""

import csv
import io

import numpy as np

from realsam.report.report import Against, Report

COLUMNS = (
    *("token", "id", "text", "generated", "population", "kind", "group"),
    *("spikes", "synops", "updates", "updates_event", "messages"),
)


def to_csv(report: Report, against: Against | None = None) -> str:
    """Rows in the order of tokens and populations; another run has no place in them."""
    del against
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    profile, text = report.profile, report.profile.text
    counted = [
        (p, profile.updates_event.get(p.name, np.zeros_like(p.n_spikes)), p.n_synops, p.n_messages)
        for p in report.counts.populations
    ]
    for k in range(report.counts.n_tokens):
        about = k, text.tokens[k], text.pieces[k], int(k >= text.n_prompt)
        for p, moved, synops, messages in counted:
            what = p.name, p.population.kind, p.population.group
            did = p.n_spikes[k], synops[k], p.population.n_updates, moved[k], messages[k]
            writer.writerow([*about, *what, *did])
    return out.getvalue()
