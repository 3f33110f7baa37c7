"""Profiles of runs that have just ended."""

from dataclasses import replace

import numpy as np
import pytest

from realsam import profiling
from realsam.errors import ReportError
from realsam.ir import ClosedLoop, Network, Replay, Run, Sampler, silenced, to_network
from realsam.profiling import Model, ablated, members, profile_of, score
from sim import reference
from tests import strategies, tiny
from tests.realsam.report import profiles

SAMPLER = Sampler(1.0, 0, 3)


def model() -> Model:
    """A language model of the tiny vocabulary."""
    rng, vocabulary = np.random.default_rng(2), tiny.vocabulary()
    network = to_network(strategies.token_clock(rng, width=16, lines=8))
    host = strategies.host(rng, network, vocabulary.size, vocabulary.end_of_text)
    return network, replace(host, nats_per_logit=2.0**-12), vocabulary


def played(network: Network, given: Model) -> tuple[Run, list[int]]:
    """A prompt of three tokens and five more."""
    _, host, vocabulary = given
    prompt = [vocabulary.end_of_text, 40, 50]
    loop = ClosedLoop(host, prompt, SAMPLER, 5, stop_at_end=False)
    return reference.run(network, loop), loop.tokens


def test_text_is_that_of_the_run() -> None:
    """Seven tokens were fed, an eighth was chosen; its pieces are the text."""
    given = model()
    run, tokens = played(given[0], given)

    made = profile_of("m", given, run, tokens, 3, SAMPLER.settings)

    assert (len(made.text.tokens), made.run.n_tokens, made.text.n_prompt) == (8, 7, 3)
    assert "".join(made.text.pieces).replace("<|endoftext|>", "") == given[2].decode(tokens)
    assert made.text.pieces[0] == "<|endoftext|>"
    assert made.settings == SAMPLER.settings


def test_half_a_character_at_the_end_is_marked() -> None:
    """As every text that stops there."""
    given = model()
    tokens = [given[2].end_of_text, *given[2].encode("\u00e9")][:2]
    run = reference.run(given[0], Replay(given[1].code[tokens]))

    assert profile_of("m", given, run, tokens, 2, {}).text.pieces[-1] == "\ufffd"


def test_nats_are_those_of_the_following_token() -> None:
    """Of the host, from the readout of the token before."""
    given = model()
    run, tokens = played(given[0], given)

    nats = score(given[1], run, tokens)

    assert np.array_equal(nats, given[1].nats(run.voltage, np.array(tokens[1:])))
    assert score(given[1], run, tokens[:1]).size == 0


def test_long_texts_are_scored_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which nobody sees."""
    given = model()
    run, tokens = played(given[0], given)
    whole = score(given[1], run, tokens)

    monkeypatch.setattr(profiling, "_BLOCK", 3)

    assert np.array_equal(whole, score(given[1], run, tokens))


def test_exact_backend_has_no_differences() -> None:
    """And one wrong spike is one difference."""
    given = model()
    run, tokens = played(given[0], given)
    run.spikes["layer1"][2, 1] ^= 1

    assert profile_of("m", given, run, tokens, 3, {}).differences == 1
    run.spikes["layer1"][2, 1] ^= 1
    assert profile_of("m", given, run, tokens, 3, {}).differences == 0


def test_no_tokens_have_a_profile() -> None:
    """Of which nothing can be ablated."""
    given = model()
    run = reference.run(given[0], Replay(np.zeros((0, 8), np.uint8)))

    empty = profile_of("m", given, run, [], 0, {})

    assert empty.text.pieces == ()
    assert empty.text.nats_per_token is None
    with pytest.raises(ReportError, match="no token was scored; play at least two"):
        ablated(empty, given, "layer1")


def test_ablation_scores_the_same_tokens_without_a_group() -> None:
    """As a run of the silenced network does."""
    given = model()
    network, host, _ = given
    run, tokens = played(network, given)
    profile = profile_of("m", given, run, tokens, 3, {})

    found = ablated(profile, given, "layer2").ablation

    quiet = reference.run(silenced(network, {"layer2"}), Replay(run.spikes["in"]))
    assert found is not None
    assert found.nats_per_token == profile.text.nats_per_token
    assert found.nats_per_token_without == score(host, quiet, tokens).mean()
    assert found.nats_per_token_without != found.nats_per_token


def test_group_has_all_its_members() -> None:
    """By the name before the dot."""
    network = profiles.named("memory.core", "memory.gate")

    assert members(network, "memory") == ("memory.core", "memory.gate")


@pytest.mark.parametrize("group", ["layer9", "in", "readout", "layer1.", ""])
def test_what_is_no_group_is_named(group: str) -> None:
    """With those that are: neither input lines nor a readout can spike."""
    with pytest.raises(ReportError) as raised:
        members(model()[0], group)

    assert str(raised.value) == f"{group!r} is no group; name one of layer1, layer2"
