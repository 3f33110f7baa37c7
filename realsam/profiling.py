"""Profiling: what a report needs of a run that has just ended.

The recorded input is replayed on the simulator, which is exact: it tells whose voltages moved,
which no backend records, and whether the backend's spikes are its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from realsam.arrays import F64
from realsam.errors import ProfileError
from realsam.ir import Host, Network, Replay, Run
from realsam.ir.silence import silenced
from realsam.report.difference import n_differences
from realsam.report.facts import facts_of
from realsam.report.profile import Ablation, Profile, Text
from realsam.vocab import END_OF_TEXT, TextStream, Vocabulary
from sim.activity import observe
from sim.simulator import fast_host, run as simulate


def profile_of(
    name: str,
    model: tuple[Network, Host, Vocabulary],
    run: Run,
    tokens: Sequence[int],
    n_prompt: int,
    settings: Mapping[str, float],
    joules: float | None = None,
) -> Profile:
    """Make a profile of a run.

    Args:
        name: of the model, for people.
        model: what was played.
        run: of its network.
        tokens: those that were fed, and the one chosen last if there is one.
        n_prompt: tokens that were given, not sampled.
        settings: how they were sampled, if they were.
        joules: energy of the CPU package in the run.
    """
    network, host, vocabulary = model
    replayed = observe(network, run.spikes[network.input.name])
    text = Text(tuple(tokens), _pieces(vocabulary, tokens), n_prompt, score(host, run, tokens))
    return Profile(
        name,
        run,
        facts_of(network, host),
        text,
        replayed.n_moved,
        n_differences(run, replayed.run),
        dict(settings),
        joules,
    )


def score(host: Host, run: Run, tokens: Sequence[int]) -> F64:
    """[tokens - 1] negative log-likelihood of each token after the first, as far as a run goes."""
    following = np.array(tokens[1 : run.n_tokens + 1], np.int64)
    if not following.size:
        return np.zeros(0)
    return fast_host(host).nats(run.voltage[: following.size], following)


def ablated(profile: Profile, model: tuple[Network, Host, Vocabulary], group: str) -> Profile:
    """The profile with the score of its tokens when a group of populations is kept from spiking.

    Raises:
        ProfileError: if there is no such group, or nothing to score.
    """
    network, host, _ = model
    groups = profile.facts.groups
    if group not in groups:
        raise ProfileError(f"{group!r} is no group", f"name one of {', '.join(groups)}")
    before = profile.text.nats_per_token
    if before is None:
        raise ProfileError("no token was scored", "give a longer text")
    without = silenced(network, {p.name for p in groups[group]})
    played = simulate(without, Replay(profile.run.spikes[network.input.name]))
    after = float(score(host, played, profile.text.tokens).mean())
    return replace(profile, ablation=Ablation(group, before, after))


def _pieces(vocabulary: Vocabulary, tokens: Sequence[int]) -> tuple[str, ...]:
    """The characters that each token completes; the end of text by its name."""
    stream, pieces = TextStream(vocabulary), []
    for token in tokens:
        completed = stream.add(token)
        pieces.append(END_OF_TEXT if token == vocabulary.end_of_text else completed)
    return (*pieces[:-1], pieces[-1] + stream.end())
