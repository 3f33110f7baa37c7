"""A report as one HTML file that needs nothing else: no network, no server, no installation.

The charts are Vega-Lite's, described with Altair; Vega itself is inlined. Why not another library,
and how the page is kept from asking the network for anything: docs/adr/0014-html-report.md.

Importing this needs the libraries of the extra `report`.
"""

from realsam.report.html.document import render

__all__ = ["render"]
