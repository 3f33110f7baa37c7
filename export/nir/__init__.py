"""NIR files, the way out to other simulators: `from_nir(to_nir(n)) == n` for what NIR can hold."""

from export.nir.neuron import Profile
from export.nir.read import from_nir
from export.nir.rules import early_biases
from export.nir.write import to_graph, to_nir

__all__ = ["Profile", "early_biases", "from_nir", "to_graph", "to_nir"]
