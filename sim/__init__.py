"""Backends without Lava: the numpy reference and the token-clock engine."""
