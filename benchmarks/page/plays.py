"""What the page shows of the shipped models: texts with their spikes, talks, rasters."""

from typing import Any, NamedTuple

import numpy as np

from benchmarks.dialogue import answers
from export.bundle import TALKS, Bundle
from realsam.cli.backends import BACKENDS, require
from realsam.ir import ClosedLoop, Replay, Run, Sampler
from realsam.profiling import model_name, profile_of
from realsam.report import Profile, n_differences
from realsam.vocab import END_OF_TEXT, prompt_tokens
from sim.simulator import fast_host, fast_sampler
from sim.simulator import run as simulate

PROMPT, SEEDS = "Once upon a time", (0, 1, 2, 3)
N_TOKENS, TEMPERATURE, TOP_K = 120, 0.7, 40  # what `realsam generate` does if nobody says otherwise
TALK_SEEDS = (0, 1, 2)
LINES = (  # said to the model that talks
    "Hello!",
    "Who are you?",
    "Tell me a story about a cat and a ball.",
    "And then what happened?",
    "Thank you!",
    "Do you want to play with me?",
    "Good night, Sam!",
)
TRAINING = "training"
SHOWN = slice(1, 4)  # tokens of the probe text in the rasters; the first one starts the text
EXAMPLE = 2  # token of the probe text in the drawing of the architecture


class Token(NamedTuple):
    """A token of a sample."""

    text: str
    spikes: int | None  # of all LIF neurons; None if it was chosen last and never fed
    given: bool  # by the prompt

    @property
    def space(self) -> str:
        """The space before its word, which is shown without colour."""
        return " " if self.text.startswith(" ") and self.text.strip() else ""


class Sample(NamedTuple):
    """A text of the shipped model."""

    seed: int
    tokens: list[Token]


class Dialogue(NamedTuple):
    """A talk with the shipped model that talks."""

    seed: int
    turns: list[tuple[str, str]]  # what is said, and the answer


class Raster(NamedTuple):
    """The spikes of some tokens, from every backend."""

    tokens: list[str]
    layers: list[str]
    spikes: dict[str, list[list[list[int]]]]  # by backend, token and layer: neurons that fired
    differences: int  # spikes and readout voltages that are not those of training
    compared: int  # spikes and voltages of each backend


def profiled(bundle: Bundle, seed: int) -> Profile:
    """The run of `realsam generate --prompt PROMPT --seed seed`, on the simulator."""
    model, sampler = (
        (bundle.network, bundle.host, bundle.vocabulary),
        Sampler(TEMPERATURE, TOP_K, seed),
    )
    prompt = prompt_tokens(bundle.vocabulary, PROMPT)
    loop = ClosedLoop(fast_host(bundle.host), prompt, fast_sampler(sampler), N_TOKENS)
    run = simulate(bundle.network, loop)
    name = model_name(bundle.path)
    return profile_of(name, model, run, loop.tokens, len(prompt), sampler.settings)


def sample(profile: Profile) -> Sample:
    """The text of a profile, without the token that starts it."""
    counts: list[int | None] = [*_spikes(profile.run), None]
    told = zip(profile.text.pieces, counts, strict=False)
    tokens = [Token(text, n, k < profile.text.n_prompt) for k, (text, n) in enumerate(told)]
    shown = [token for token in tokens if token.text != END_OF_TEXT]
    return Sample(int(profile.settings["seed"]), shown)


def talk(seed: int) -> Dialogue:
    """The talk of `realsam chat --seed seed` about LINES."""
    said = answers(TALKS, LINES, Sampler(TEMPERATURE, TOP_K, seed))
    return Dialogue(seed, list(zip(LINES, said, strict=True)))


def _spikes(run: Run) -> list[int]:
    """[K] spikes of the layers."""
    layers = [run.spikes[name] for name in _layers(run)]
    total: list[int] = np.sum([spikes.sum(axis=1, dtype=np.int64) for spikes in layers], axis=0)
    return [int(n) for n in total]


def _layers(run: Run) -> list[str]:
    return [name for name in run.spikes if name.startswith("layer")]


def raster(bundle: Bundle) -> Raster:
    """Play the first tokens of the probe text on every backend, beside the training's record.

    Raises:
        BackendUnavailableError: if a backend is not installed.
    """
    tokens = prompt_tokens(bundle.vocabulary, bundle.manifest["probe"]["text"])[: SHOWN.stop]
    lines = bundle.host.code[tokens]
    runs = {name: require(name)(bundle.network, Replay(lines)) for name in BACKENDS}
    shown = {TRAINING: bundle.record, **runs}
    layers = _layers(bundle.record)
    return Raster(
        [bundle.vocabulary.decode([token]).strip() for token in tokens[SHOWN]],
        layers,
        {name: [_fired(run, k, layers) for k in _places()] for name, run in shown.items()},
        sum(n_differences(bundle.record, run) for run in runs.values()),
        len(tokens) * (sum(bundle.network.sizes.values()) + bundle.record.voltage.shape[1]),
    )


def _places() -> range:
    return range(SHOWN.start, SHOWN.stop)


def _fired(run: Run, token: int, layers: list[str]) -> list[list[int]]:
    return [np.flatnonzero(run.spikes[name][token]).tolist() for name in layers]


def architecture(bundle: Bundle) -> dict[str, Any]:
    """The numbers in the drawing, read off the network and the host."""
    network, host = bundle.network, bundle.host
    layers = _layers(bundle.record)
    recurrent = next(q for q in network.projections if q.target == layers[0])
    token = prompt_tokens(bundle.vocabulary, bundle.manifest["probe"]["text"])[EXAMPLE]
    return {
        "layers": len(layers),
        "width": network.sizes[layers[0]],
        "lines": network.input.size,
        "bits": network.input.size - 1,
        "block": bundle.manifest["provenance"]["model"]["recurrent_block"],
        "steps": network.steps_per_token,
        "phase": network.readout_phase,
        "readout": network.sizes[network.readout],
        "vocabulary": host.vocab_size,
        "again": int(recurrent.delay.max()),
        "synapses": sum(q.delay.size * network.sizes[q.target] for q in network.projections),
        "neurons": sum(network.sizes.values()),
        "recorded": bundle.record.n_tokens,
        "macs": host.decode.size,
        "token": bundle.vocabulary.decode([token]).strip(),
        "code": np.flatnonzero(host.code[token]).tolist(),
    }
