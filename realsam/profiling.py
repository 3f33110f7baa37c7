"""Profiling: what a report needs of a run that has just ended.

The recorded input is replayed on the simulator, which is exact: it tells whose voltages moved,
which no backend records, and whether the backend's spikes are its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from realsam.arrays import F64
from realsam.errors import ReportError
from realsam.ir import Host, Network, Replay, Run, silenced
from realsam.report import Ablation, Profile, Text, facts_of, groups_of, n_differences
from realsam.vocab import END_OF_TEXT, TextStream, Vocabulary
from sim.activity import observe
from sim.simulator import fast_host
from sim.simulator import run as simulate

_BLOCK = 256  # tokens whose logits are in memory at a time
Model = tuple[Network, Host, Vocabulary]


def model_name(folder: Path) -> str:
    """What a report calls the model of a folder: its name, in characters that can be written."""
    return folder.resolve().name.encode("utf-8", "replace").decode("utf-8")


def profile_of(
    name: str,
    model: Model,
    run: Run,
    tokens: Sequence[int],
    n_prompt: int,
    settings: Mapping[str, float],
) -> Profile:
    """Make a profile of a run.

    Args:
        name: of the model, for people.
        model: what was played.
        run: of its network.
        tokens: those that were fed, and the one chosen last if there is one.
        n_prompt: tokens that were given, not sampled.
        settings: how they were sampled, if they were.
    """
    network, host, vocabulary = model
    replayed = observe(network, run.spikes[network.input.name])
    text = Text(tuple(tokens), _pieces(vocabulary, tokens), n_prompt, score(host, run, tokens))
    differences = n_differences(run, replayed.run)
    facts = facts_of(network, host)
    return Profile(name, run, facts, text, replayed.n_moved, differences, dict(settings))


def score(host: Host, run: Run, tokens: Sequence[int]) -> F64:
    """[tokens - 1] negative log-likelihood of each token after the first that was fed or chosen."""
    following = np.array(tokens[1 : run.n_tokens + 1], np.int64)
    quick, nats = fast_host(host), np.zeros(following.size)
    for first in range(0, following.size, _BLOCK):
        part = slice(first, min(first + _BLOCK, following.size))
        nats[part] = quick.nats(run.voltage[part], following[part])
    return nats


def members(network: Network, group: str) -> tuple[str, ...]:
    """The populations of a group, `memory.a` and `memory.b` of `memory`.

    Raises:
        ReportError: if there is no such group of neurons that can spike.
    """
    groups = groups_of(facts_of(network))
    if group not in groups:
        raise ReportError(f"{group!r} is no group", f"name one of {', '.join(groups)}")
    return tuple(p.name for p in groups[group])


def ablated(profile: Profile, model: Model, group: str) -> Profile:
    """The profile with the score of its tokens when a group is kept from spiking.

    Raises:
        ReportError: if there is no such group, or no token after the first.
    """
    network, host, _ = model
    without = silenced(network, members(network, group))
    before = profile.text.nats_per_token
    if before is None:
        raise ReportError("no token was scored", "play at least two")
    played = simulate(without, Replay(profile.run.spikes[network.input.name]))
    after = float(score(host, played, profile.text.tokens).mean())
    return replace(profile, ablation=Ablation(group, before, after))


def _pieces(vocabulary: Vocabulary, tokens: Sequence[int]) -> tuple[str, ...]:
    """The characters that each token completes; the end of text by its name."""
    stream, pieces = TextStream(vocabulary), list[str]()
    for token in tokens:
        completed = stream.add(token)
        pieces.append(END_OF_TEXT if token == vocabulary.end_of_text else completed)
    if pieces:
        pieces[-1] += stream.end()
    return tuple(pieces)
