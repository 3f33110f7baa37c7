"""The process TokenHost: the host side of the graph, inside Lava."""
