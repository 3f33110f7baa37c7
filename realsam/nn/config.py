"""Sizes and mechanisms of a model: one validated value that fixes its network."""

from dataclasses import asdict, dataclass
from typing import Any

from realsam.errors import DataError
from realsam.ir import IO_PHASES
from realsam.limits import STEPS_PER_TOKEN_MAX

WIRINGS = {
    "dense": "the input and all earlier layers, by weights of their own",
    "residual": "the input, and the sum of the spikes of all earlier layers by the same weights",
    "chain": "the layer before it; the first one the input",
}
_STRONG = 4.0  # strength of environment and diversity beyond which weights are only clamped


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of a model; they fix its network."""

    vocab_size: int = 4096
    code_bits: int = 256  # input lines besides the always-on line, and readout neurons
    layers: int = 6
    width: int = 512
    steps_per_token: int = 10  # P: layers + IO_PHASES makes room for chip I/O
    recurrent_block: int | None = 64  # neurons that hear each other a token later; None: none do
    groups: int = 8  # time constants per layer
    half_life: tuple[float, float] = (0.7, 60.0)  # tokens, at the start of training
    dropout: float = 0.15
    wiring: str = "dense"  # what a layer hears of earlier ones, see WIRINGS
    gates: bool = False  # residual: of each neuron's spikes a learned share enters the stream
    gains: bool = False  # each neuron scales all that it hears by a learned factor
    homeostasis: bool = False  # each neuron scales it so that the neuron fires at the target
    environment: float = 0.0  # gain that full stress adds to a neuron of median sensitivity
    diversity: float = 0.0  # sigma of log-normal factors of gains, sensitivities, time constants
    tags: int | None = None  # outputs of a tagger; None: a language model, which says tokens

    def __post_init__(self) -> None:
        self._check_options()
        if not 0 <= self.dropout < 1:
            raise DataError(f"dropout = {self.dropout} is outside 0..1", "use a share below 1")
        if self.steps_per_token > STEPS_PER_TOKEN_MAX:
            raise DataError(
                f"layers = {self.layers} take {self.steps_per_token} chip steps per token, more "
                f"than {STEPS_PER_TOKEN_MAX}",
                f"use at most {STEPS_PER_TOKEN_MAX - IO_PHASES} layers",
            )
        if self.width % self.groups:
            raise DataError(
                f"width = {self.width} is no multiple of groups = {self.groups}",
                "give each time constant the same number of neurons",
            )
        if self.recurrent_block is not None and self.width % self.block:
            raise DataError(
                f"width = {self.width} is no multiple of recurrent_block = {self.recurrent_block}",
                f"use a width that {self.recurrent_block} divides",
            )

    def _check_options(self) -> None:
        if self.wiring not in WIRINGS:
            raise DataError(
                f"wiring = {self.wiring!r} does not exist", f"use one of {', '.join(WIRINGS)}"
            )
        if self.gates and self.wiring != "residual":
            raise DataError(
                f"gates = True has no stream to open to in wiring = {self.wiring!r}",
                "use wiring = 'residual', or no gates",
            )
        for name in ("environment", "diversity"):
            if not 0 <= getattr(self, name) <= _STRONG:
                raise DataError(
                    f"{name} = {getattr(self, name)} is outside 0..{_STRONG:g}", "use 0 for none"
                )

    def hears_code(self, place: int) -> bool:
        """Whether the layer at that place, 0..layers (the readout), hears the input lines."""
        return self.wiring != "chain" or place == 0

    def heard_layers(self, place: int) -> range:
        """Places of the earlier layers that the layer at that place hears."""
        return range(max(0, place - 1) if self.wiring == "chain" else 0, place)

    @property
    def block(self) -> int:
        """Neurons of a block of the recurrence, 0 without one; a narrow layer is one block."""
        return min(self.recurrent_block or 0, self.width)

    @staticmethod
    def of(layers: int, width: int, vocab_size: int, **others: Any) -> "ModelConfig":
        """A model of that depth, width and vocabulary with the default token clock."""
        steps = layers + IO_PHASES
        return ModelConfig(
            vocab_size=vocab_size, layers=layers, width=width, steps_per_token=steps, **others
        )

    def to_json(self) -> dict[str, object]:
        """Plain values for a config file."""
        return asdict(self)
