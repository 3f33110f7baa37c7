"""Profiles to report on, built by hand around the tiny network."""

from dataclasses import replace

import numpy as np

from realsam.ir import Network, Recorder, Run
from realsam.report import TABLES, Profile, Report, Text, facts_of, load_costs
from tests import tiny

EVERYTHING = [1, 1, 1, 1, 1, 1]  # in 2, a 2, b 2
SILENCE = [0] * 6


def run(*tokens: list[int], network: Network | None = None) -> Run:
    """A run whose spike vectors [in 2, a 2, b 2] are given; tokens a second apart."""
    recorder = Recorder(network or tiny.network(), "reference")
    for spikes in tokens:
        recorder.add(np.array(spikes, np.uint8), np.zeros(2, np.int64))
    done = recorder.run()
    return replace(done, seconds=np.arange(1.0, len(tokens) + 1), joules=None)


def profile(*tokens: list[int], network: Network | None = None) -> Profile:
    """Its profile: one voltage of the first population moves in every token."""
    network = network or tiny.network()
    played, n = run(*tokens, network=network), len(tokens)
    text = Text(tuple(range(n)), tuple("abcdefgh"[:n]), min(1, n), np.full(max(0, n - 1), 0.5))
    moved = {p.name: np.zeros(n, np.int64) for p in network.populations}
    moved[network.populations[0].name] += 1
    settings = {"seed": 7, "temperature": 0.7, "top_k": 40}
    return Profile("tiny", played, facts_of(network, tiny.host()), text, moved, 0, settings)


def report(*tokens: list[int], network: Network | None = None) -> Report:
    """Its report by all of our tables."""
    return Report(profile(*tokens, network=network), tuple(map(load_costs, TABLES)))


def named(*names: str) -> Network:
    """The tiny network with its populations a and b under other names."""
    network, new = tiny.network(), dict(zip("ab", names, strict=True))
    return replace(
        network,
        populations=tuple(replace(p, name=new[p.name]) for p in network.populations),
        projections=tuple(
            replace(
                q, target=new[q.target], sources=tuple(new.get(name, name) for name in q.sources)
            )
            for q in network.projections
        ),
        readout=new[network.readout],
    )
