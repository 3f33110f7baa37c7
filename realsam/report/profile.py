"""Profile: a recorded run of a language model with all that a report needs.

The file is that of a Run (`realsam.ir.run`) with more beside it: the facts of the network, the
tokens and their text. It needs neither the bundle nor the network.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from realsam.arrays import F64, I64
from realsam.errors import ReportError
from realsam.ir.run import FormatError, Run, from_parts, to_parts
from realsam.ir.tensor_file import DAMAGES, load_tensors, save_tensors
from realsam.report.facts import Facts, Link, Population

FORMAT = 1
_CURE = "record it again with `realsam profile`"


@dataclass(frozen=True, eq=False)
class Text:
    """The tokens of a run and what they say."""

    tokens: tuple[int, ...]  # those that were fed, and the one chosen last if there is one
    pieces: tuple[str, ...]  # the characters that each of them completes
    n_prompt: int  # tokens that were given, not sampled
    nats: F64  # [tokens - 1] negative log-likelihood of each token after the first

    @property
    def nats_per_token(self) -> float | None:
        """Mean over the scored tokens, None without any."""
        return float(self.nats.mean()) if self.nats.size else None


@dataclass(frozen=True)
class Ablation:
    """The same tokens scored without the spikes of a group of populations."""

    group: str
    nats_per_token: float
    nats_per_token_without: float


@dataclass(frozen=True, eq=False)
class Profile:
    """What a report is made of."""

    model: str  # name of the bundle or run
    run: Run
    facts: Facts
    text: Text
    updates_event: dict[str, I64]  # [K] neurons whose voltage changed, per population
    differences: int  # spikes and readout voltages unlike those of the simulator
    settings: dict[str, float]  # those of the `Sampler` of a sampled text
    ablation: Ablation | None = None


def save_profile(profile: Profile, path: Path) -> None:
    """Write a profile; the file appears whole or not at all.

    Raises:
        RealSamError: if the disk does not take it.
    """
    tensors, plain = to_parts(profile.run)
    tensors |= {f"moved/{name}": values for name, values in profile.updates_event.items()}
    tensors |= {
        f"fan_out/{i}": link.fan_out.astype("<i4") for i, link in enumerate(profile.facts.links)
    }
    tensors["nats"] = profile.text.nats
    facts = vars(profile.facts) | {
        "populations": [asdict(p) for p in profile.facts.populations],
        "links": [
            {name: value for name, value in vars(link).items() if name != "fan_out"}
            for link in profile.facts.links
        ],
    }
    about = {
        "format": FORMAT,
        "model": profile.model,
        "facts": facts,
        "tokens": profile.text.tokens,
        "pieces": profile.text.pieces,
        "n_prompt": profile.text.n_prompt,
        "differences": profile.differences,
        "settings": profile.settings,
        "ablation": asdict(profile.ablation) if profile.ablation else None,
    }
    save_tensors(path, tensors, realsam=plain, profile=about)


def load_profile(path: Path) -> Profile:
    """Read a profile back.

    Raises:
        ReportError: if the file is missing, damaged, of another format, or a run alone.
    """
    try:
        tensors, plain = load_tensors(path)
        run = from_parts(tensors, plain["realsam"])
        if "profile" not in plain:
            raise ReportError(f"{path}: is a run without the facts of its network", _CURE)
        about = plain["profile"]
        if about["format"] != FORMAT:
            raise ReportError(f"{path}: profile format {about['format']} is not {FORMAT}", _CURE)
        profile = _profile(run, tensors, about)
        _check(profile)
    except FormatError as error:
        raise ReportError(f"{path}: {error}", _CURE) from error
    except DAMAGES as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ReportError(f"{path}: not a readable profile ({reason})", _CURE) from error
    return profile


def _profile(run: Run, tensors: dict[str, Any], about: dict[str, Any]) -> Profile:
    facts = about["facts"] | {
        "populations": tuple(Population(**p) for p in about["facts"]["populations"]),
        "links": tuple(
            Link(**link, fan_out=tensors[f"fan_out/{i}"].astype(np.int64))
            for i, link in enumerate(about["facts"]["links"])
        ),
    }
    text = Text(tuple(about["tokens"]), tuple(about["pieces"]), about["n_prompt"], tensors["nats"])
    moved = {n[6:]: t for n, t in tensors.items() if n.startswith("moved/")}
    ablation = Ablation(**about["ablation"]) if about["ablation"] else None
    return Profile(
        about["model"],
        run,
        Facts(**facts),
        text,
        moved,
        about["differences"],
        about["settings"],
        ablation,
    )


def _check(profile: Profile) -> None:
    """Refuse parts that do not belong together, with ValueError."""
    run, facts, text = profile.run, profile.facts, profile.text
    n = run.n_tokens
    sizes = {p.name: p.n_neurons for p in facts.populations}
    moving = {p.name for p in facts.populations if p.kind != "input"}
    fits = {
        "its run is of another network": run.network == facts.network,
        "its spikes are of other populations": sizes
        == {name: spikes.shape[1] for name, spikes in run.spikes.items()},
        "its updates are of other populations": dict.fromkeys(moving, (n,))
        == {name: moved.shape for name, moved in profile.updates_event.items()},
        "its links are of other populations": all(
            (sizes.get(link.source),) == link.fan_out.shape for link in facts.links
        ),
        "its text is of another length": n <= len(text.tokens) == len(text.pieces) <= n + 1
        and text.nats.shape == (max(0, min(n, len(text.tokens) - 1)),),
        "its prompt is of another length": 0 <= text.n_prompt <= n,
        "its nats are no numbers": bool(np.all(np.isfinite(text.nats))),
    }
    for complaint, fine in fits.items():
        if not fine:
            raise ValueError(complaint)
