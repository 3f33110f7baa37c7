"""A fast CPU model for the stock process DelaySparse."""
