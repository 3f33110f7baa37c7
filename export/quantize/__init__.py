"""Networks of real numbers to registers: when each spike arrives, how each number is rounded."""

from export.quantize.build import Quantized, quantize
from export.quantize.model import FloatModel, FloatPopulation, Synapses
from export.quantize.neurons import Scaling
from export.quantize.parity import ImportParity, compare, rows_to_play
from export.quantize.simulate import simulate

__all__ = [
    "FloatModel",
    "FloatPopulation",
    "ImportParity",
    "Quantized",
    "Scaling",
    "Synapses",
    "compare",
    "quantize",
    "rows_to_play",
    "simulate",
]
