"""Training configuration: one validated value that a run folder can store and compare."""

from dataclasses import asdict, dataclass, fields, replace
from math import inf
from typing import Any

from realsam.errors import DataError
from realsam.ir import IO_PHASES
from realsam.nn.config import ModelConfig

TEACHER_SHARE = 0.7  # where there is a teacher and nothing else is said


@dataclass(frozen=True)
class TrainConfig:
    """How to train; the defaults are those of the shipped model."""

    preset: str = "base"
    steps: int = 5000  # optimizer steps
    batch: int = 256  # parallel streams of text
    window: int = 64  # tokens per truncated back-propagation
    accumulate: int = 1  # windows per optimizer step
    lr: float = 1e-3  # Adam: embedding, biases, decays, thresholds
    matrix_lr: float = 6e-3  # Muon: weight matrices
    weight_decay: float = 0.0
    warmup: int = 100  # steps
    clip: float = 1.0  # gradient norm
    target_firing: float | tuple[float, ...] = 0.08  # spikes per neuron and token, or by layer
    firing_weight: float = 0.1  # nats where a layer fires at twice its target
    silence_weight: float = 0.0  # nats where a layer is silent
    eval_every: int = 1000  # steps
    patience: int = 0  # validations without a gain after which a run ends; 0: it never does
    min_gain: float = 0.01  # nats per token that count as one
    seed: int = 0
    teacher_share: float = 0.0  # of a teacher's probabilities in the loss
    teacher_top: int = 64  # tokens that it names after each token; a power of two
    sampled: int = 0  # tokens of stories by the teacher, in addition to the text

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "window", "accumulate", "eval_every"):
            if getattr(self, name) < 1:
                raise DataError(f"{name} = {getattr(self, name)} is below 1", "use at least 1")
        for name in ("lr", "matrix_lr", "clip"):
            if not getattr(self, name) > 0:
                raise DataError(
                    f"{name} = {getattr(self, name)} is not positive", "use a positive number"
                )
        for name in ("firing_weight", "silence_weight"):
            if not getattr(self, name) >= 0:
                raise DataError(f"{name} = {getattr(self, name)} is negative", "use 0 for no price")
        for target in self._given_targets():
            if not 0 < target <= 1:
                raise DataError(
                    f"target_firing = {target} is outside 0..1", "use a share above 0, such as 0.1"
                )
        if self.patience < 0:
            raise DataError(f"patience = {self.patience} is negative", "use 0 to end at no time")
        if not 0 <= self.min_gain < inf:
            raise DataError(f"min_gain = {self.min_gain} is no number from 0", "use 0.01")
        if not 0 <= self.seed < 1 << 63:
            raise DataError(f"seed = {self.seed} is outside 0..2**63-1", "choose one in it")
        self._check_teacher()

    def _given_targets(self) -> tuple[float, ...]:
        given = self.target_firing
        return given if isinstance(given, tuple) else (given,)

    def targets(self, layers: int) -> tuple[float, ...]:
        """Spikes per neuron and token that each layer is to have.

        Raises:
            DataError: if they are given for another number of layers.
        """
        given = self._given_targets()
        if len(given) not in (1, layers):
            raise DataError(
                f"target_firing has {len(given)} values for {layers} layers",
                "give one for all layers, or one for each",
            )
        return given * (layers // len(given))

    def _check_teacher(self) -> None:
        if not 0 <= self.teacher_share <= 1:
            raise DataError(
                f"teacher_share = {self.teacher_share} is outside 0..1",
                f"use {TEACHER_SHARE}, or 0 to learn from the text alone",
            )
        if self.teacher_top < 1 or self.teacher_top & (self.teacher_top - 1):
            below = 1 << max(0, self.teacher_top).bit_length() >> 1
            raise DataError(
                f"teacher_top = {self.teacher_top} is no power of two, as the GPU needs it",
                f"use {max(1, below)}",
            )
        if self.sampled < 0:
            raise DataError(f"sampled = {self.sampled} is negative", "use 0 for no stories")

    def to_json(self) -> dict[str, Any]:
        """Plain values for a config file."""
        return asdict(self)


@dataclass(frozen=True)
class Preset:
    """A model size and the training that suits it."""

    model: ModelConfig
    train: TrainConfig
    story: str  # one line for --help

    def changed(self, changes: dict[str, Any]) -> tuple[ModelConfig, TrainConfig]:
        """The configurations with other values of their fields; depth sets the token clock."""
        sizes = {f.name for f in fields(ModelConfig)}
        model = {n: v for n, v in changes.items() if n in sizes}
        if "layers" in model:
            model["steps_per_token"] = model["layers"] + IO_PHASES
        train = {n: v for n, v in changes.items() if n not in model}
        return replace(self.model, **model), replace(self.train, **train)


def _original(**mechanisms: Any) -> ModelConfig:
    """A version of the model that Real Sam grew from: layers of 512, every neuron hears its own."""
    return ModelConfig.of(width=512, recurrent_block=512, dropout=0.1, **mechanisms)


PRESETS = {
    "tiny": Preset(
        ModelConfig.of(
            layers=2,
            width=64,
            vocab_size=512,
            code_bits=64,
            groups=4,
            half_life=(0.7, 20.0),
            dropout=0.0,
        ),
        TrainConfig(
            preset="tiny",
            lr=2e-3,
            matrix_lr=8e-3,
            steps=300,
            batch=32,
            window=32,
            warmup=20,
            eval_every=100,
        ),
        "2 layers of 64, vocabulary 512: half a minute on a laptop",
    ),
    "small": Preset(
        ModelConfig.of(layers=4, width=256, vocab_size=2048, code_bits=128, dropout=0.1),
        TrainConfig(
            preset="small", lr=2e-3, matrix_lr=8e-3, steps=1500, batch=64, window=48, eval_every=250
        ),
        "4 layers of 256, vocabulary 2048: an hour or two on a CPU",
    ),
    "base": Preset(
        ModelConfig.of(layers=6, width=512, vocab_size=4096, dropout=0.1),
        TrainConfig(preset="base"),
        "6 layers of 512, vocabulary 4096: the shipped model, minutes on a GPU",
    ),
    "v1": Preset(
        _original(layers=2, vocab_size=257, wiring="chain"),
        TrainConfig(preset="v1", batch=64, window=128, target_firing=0.1),
        "a recurrent chain of 2 x 512 on bytes: the original's first version",
    ),
    "v2": Preset(
        _original(layers=4, vocab_size=2048, wiring="residual", gains=True),
        TrainConfig(preset="v2", target_firing=0.1),
        "4 layers of 512 on a residual stream, gains for LayerNorm: its second",
    ),
    "v3": Preset(
        _original(
            layers=6, vocab_size=4096, wiring="residual", gains=True, gates=True, homeostasis=True
        ),
        TrainConfig(preset="v3", target_firing=0.1),
        "6 layers of 512, gates and homeostatic thresholds besides: its third",
    ),
    "v4": Preset(
        _original(
            layers=6,
            vocab_size=4096,
            wiring="residual",
            gates=True,
            environment=0.5,
            diversity=0.3,
        ),
        TrainConfig(preset="v4", target_firing=0.1, silence_weight=0.1),
        "6 layers of 512, gates, environment and diversity: its fourth",
    ),
}


def differences(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    """Names of the entries in which two stored configurations differ."""
    return [name for name in {**a, **b} if a.get(name) != b.get(name)]


def model_config(stored: dict[str, Any]) -> ModelConfig:
    """Read a stored model configuration back; unknown entries are left out."""
    known = {f.name for f in fields(ModelConfig)}
    values = {name: value for name, value in stored.items() if name in known}
    values["half_life"] = tuple(values["half_life"])
    return ModelConfig(**values)


def train_config(stored: dict[str, Any]) -> TrainConfig:
    """Read a stored training configuration back; unknown entries are left out."""
    known = {f.name for f in fields(TrainConfig)}
    values = {name: value for name, value in stored.items() if name in known}
    if isinstance(values.get("target_firing"), list):
        values["target_firing"] = tuple(values["target_firing"])
    return TrainConfig(**values)
