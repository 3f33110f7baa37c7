"""Backends without Lava: the numpy reference, and the fast simulator that equals it."""
