"""The project's page, docs/index.html: made from templates, records and runs, nothing by hand.

    python -m benchmarks.page [--out FILE]

The numbers come from docs/exactness, docs/experiments and realsam/report/references; texts, spikes
and rasters from the shipped model, played on the backends while the page is made.
"""
