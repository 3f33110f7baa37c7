"""The baselines by name."""

from collections.abc import Callable
from functools import partial

from benchmarks.quality.baseline import Baseline
from benchmarks.quality.float_lm import FloatLM
from benchmarks.quality.lstm import Lstm
from benchmarks.quality.originals import VERSIONS, Original
from realsam.nn.config import ModelConfig

BASELINES: dict[str, Callable[[ModelConfig], Baseline]] = {
    "float": FloatLM,
    **{name: partial(Original, version=version) for name, version in VERSIONS.items()},
    "lstm": Lstm,
}
