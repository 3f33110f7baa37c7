"""Cost tables: energy per operation as data, with who published it."""

from realsam.report.costs.table import QUANTITIES, TABLES, Cost, CostTable, load_costs

__all__ = ["QUANTITIES", "TABLES", "Cost", "CostTable", "load_costs"]
