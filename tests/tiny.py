"""The smallest things that are worth a test, built by hand."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from realsam.data.toy import toy_documents
from realsam.ir import Host, Input, Layer, Lif, Network, Projection, TokenClock, readout_layer
from realsam.vocab import END_OF_TEXT, Vocabulary

if TYPE_CHECKING:
    from realsam.nn.model import SpikingLM
    from realsam.train.session import Session


def lif(name: str = "a", size: int = 2, **registers: int) -> Lif:
    """Neurons that are alike: memoryless current, dv 1024, no bias, threshold 1."""
    values = {"du": 4095, "dv": 1024, "bias": 0, "vth": 1} | registers
    return Lif(name, **{key: np.full(size, value) for key, value in values.items()})


def network() -> Network:
    """Two input lines, populations a and b of two neurons each, b is read."""
    weight = np.array([[2, 0, 4, 0], [0, -6, 0, 8]], np.int16)
    return Network(
        Input("in", 2),
        (lif("a"), lif("b")),
        (
            Projection("a", ("in", "a"), weight, np.array([0, 0, 3, 3])),
            Projection("b", ("a",), np.array([[2, 2], [0, 0]], np.int16), np.array([0, 0]), 1),
        ),
        "b",
        steps_per_token=4,
        readout_phase=2,
    )


def clock(steps: int = 7) -> TokenClock:
    """Two recurrent layers with dense skips and a readout; every size is different."""
    sizes = {"in": 2, "layer1": 3, "layer2": 4}
    layers, heard = [], ["in"]
    for name in ("layer1", "layer2"):
        heard.append(name)
        weight = _counted(sizes[name], sum(sizes[n] for n in heard))
        registers = np.arange(sizes[name]) * 100, np.full(sizes[name], 3)
        layers.append(Layer(name, *registers, tuple(heard), weight))
    layers.append(readout_layer("readout", tuple(heard), _counted(5, sum(sizes.values()))))
    return TokenClock(Input("in", 2), tuple(layers), steps)


def _counted(rows: int, columns: int) -> np.ndarray:
    return (np.arange(rows * columns).reshape(rows, columns) * 14 % 508 - 254).astype(np.int16)


def host(vocab: int = 4, lines: int = 2, readout: int = 2, **values: object) -> Host:
    """Token i lights the lines of its bits; token 0 ends the text; logit units of 1/64 nat."""
    tokens = np.arange(vocab)
    parts = {
        "code": (tokens[:, None] >> np.arange(lines)) & 1,
        "decode": np.arange(vocab * readout).reshape(vocab, readout) - vocab,
        "bias": tokens * 10,
        "nats_per_logit": 1 / 64,
        "end_of_text": 0,
    }
    return Host(**(parts | values))


@cache
def vocabulary(size: int = 300) -> Vocabulary:
    """A vocabulary of the toy corpus."""
    return Vocabulary.train(stories(), size)


def model(seed: int = 0, **config: object) -> "SpikingLM":
    """A language model with random weights that spikes here and there; needs torch."""
    import torch

    from realsam.nn.config import ModelConfig
    from realsam.nn.model import SpikingLM

    sizes = {"code_bits": 8, "groups": 2, "half_life": (0.7, 20.0), "dropout": 0.0}
    torch.manual_seed(seed)
    built = SpikingLM(
        ModelConfig.of(**{"layers": 2, "width": 12, "vocab_size": 300} | sizes | config)
    )
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return built


def corpus(folder: Path, n: int = 60) -> Path:
    """A text file of toy stories."""
    path = folder / "stories.txt"
    path.write_text(f"\n{END_OF_TEXT}\n".join(stories(n)), encoding="utf-8")
    return path


def conversations(folder: Path, n: int = 60) -> Path:
    """A text file of little talks."""
    talks = [f"User: Who came {i} times?\nSam: {story}" for i, story in enumerate(stories(n))]
    path = folder / "talks.txt"
    path.write_text(f"\n{END_OF_TEXT}\n".join(talks), encoding="utf-8")
    return path


TRAINING = {"vocab_size": 300, "batch": 4, "window": 16, "steps": 6, "eval_every": 3}


def session(
    folder: Path, text: Path | None = None, origin: Path | None = None, **changes: object
) -> "Session":
    """A training run of a few steps, not begun yet; needs torch."""
    from realsam.train.session import prepare

    files, given = [text or corpus(folder)], TRAINING | changes
    return prepare(files, None, "tiny", given, "cpu", folder / "run", origin=origin)


def stories(n: int = 60) -> list[str]:
    """Toy documents."""
    return toy_documents(n)
