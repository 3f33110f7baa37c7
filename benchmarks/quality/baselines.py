"""The baselines by name."""

from collections.abc import Callable

from benchmarks.quality.baseline import Baseline
from benchmarks.quality.float_lm import FloatLM
from benchmarks.quality.lstm import Lstm
from benchmarks.quality.v4 import V4
from realsam.nn.config import ModelConfig

BASELINES: dict[str, Callable[[ModelConfig], Baseline]] = {"float": FloatLM, "v4": V4, "lstm": Lstm}
