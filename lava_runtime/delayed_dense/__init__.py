"""A fast, equal CPU model for the stock process DelayDense."""
