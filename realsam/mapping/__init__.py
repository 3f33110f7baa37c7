"""The mapper: which core of which chip holds which neurons, how full it is, who talks to whom."""

from realsam.mapping.layout import Layout, lay_out
from realsam.mapping.memory import Memory, memory_of
from realsam.mapping.sketch import Sketch, from_network, from_shape

__all__ = ["Layout", "Memory", "Sketch", "from_network", "from_shape", "lay_out", "memory_of"]
