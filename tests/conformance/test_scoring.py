"""Every scorer against a slow one made of the reference and the host."""

from dataclasses import replace

import numpy as np
import pytest

from realsam.evaluation import Score, evaluate
from realsam.ir import Host, Network, Replay, spiking, to_network
from realsam.limits import NEVER_SPIKES
from sim import reference
from sim.scoring import score as sim_score
from tests import strategies, tiny

DOCUMENTS = ["One day.", "Жил-был кот.", "The cat named Ann went to the park. " * 3, "!"]


@pytest.fixture(params=["sim", "torch"])
def score(request: pytest.FixtureRequest) -> Score:
    """Every way to play a text."""
    if request.param == "sim":
        return sim_score
    pytest.importorskip("torch", reason="torch is not installed")
    from realsam.nn.scoring import score as torch_score

    return torch_score


@pytest.fixture(scope="module")
def model() -> tuple[Network, Host]:
    """A small language model with random weights, and thresholds that they reach."""
    rng = np.random.default_rng(3)
    drawn = to_network(strategies.sparse_clock(rng))
    *layers, readout = drawn.populations
    low = [replace(p, vth=np.full(p.size, 60)) for p in layers]
    network = replace(drawn, populations=(*low, readout))
    end = tiny.vocabulary().end_of_text
    return network, strategies.host(rng, network, vocab=300, end_of_text=end)


def slowly(network: Network, host: Host) -> tuple[float, int, dict[str, int]]:
    """Nats, tokens and spikes: one document after the other, from reset, every token scored."""
    nats, n_tokens, spikes = 0.0, 0, dict.fromkeys(spiking(network), 0)
    for document in DOCUMENTS:
        tokens = tiny.vocabulary().encode(document)
        fed, following = [host.end_of_text, *tokens], [*tokens, host.end_of_text]
        run = reference.run(network, Replay(host.code[fed]))
        nats += host.nats(run.voltage, np.array(following)).sum()
        n_tokens += len(following)
        for name in spikes:
            spikes[name] += int(run.spikes[name].sum())
    return nats, n_tokens, spikes


def test_equals_the_slow_evaluator(model: tuple[Network, Host], score: Score) -> None:
    """Tokens and spikes to the last one, nats up to float32."""
    nats, n_tokens, spikes = slowly(*model)

    result = evaluate(*model, tiny.vocabulary(), DOCUMENTS, score)

    assert sum(n > 0 for n in spikes.values()) >= 2
    assert (n_tokens, spikes) == (result.n_tokens, result.n_spikes)
    assert nats == pytest.approx(result.nats, rel=1e-6)


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_inputs_without_a_place_in_the_table_are_summed_up(
    model: tuple[Network, Host], rows: int
) -> None:
    """Any bound of the table of the simulator gives the same, nats to the last bit."""
    tokens = tiny.vocabulary().encode_all(DOCUMENTS)
    row = 4 * (sum(model[0].sizes.values()) - model[0].input.size)

    expected = sim_score(*model, tokens)

    assert len(set().union(*tokens)) > 7
    assert expected == sim_score(*model, tokens, table_bytes=rows * row + row - 1)


def test_order_of_the_documents_does_not_matter(model: tuple[Network, Host], score: Score) -> None:
    """Each starts cold."""
    there = evaluate(*model, tiny.vocabulary(), DOCUMENTS, score)
    back = evaluate(*model, tiny.vocabulary(), DOCUMENTS[::-1], score)

    assert there.n_spikes == back.n_spikes
    assert there.nats == pytest.approx(back.nats, rel=1e-9)


def test_long_documents_cross_chunks(model: tuple[Network, Host], score: Score) -> None:
    """A document of several chunks scores like the same one of the slow evaluator."""
    network, host = model
    text = "The end of the tale. " * 40
    tokens = tiny.vocabulary().encode(text)
    run = reference.run(network, Replay(host.code[[host.end_of_text, *tokens]]))
    nats = host.nats(run.voltage, np.array([*tokens, host.end_of_text])).sum()

    result = evaluate(*model, tiny.vocabulary(), [text], score)

    assert result.n_tokens > 128
    assert nats == pytest.approx(result.nats, rel=1e-6)


def test_more_documents_than_a_batch(model: tuple[Network, Host], score: Score) -> None:
    """All documents are counted and reported."""
    heard: list[tuple[int, int]] = []

    result = evaluate(
        *model, tiny.vocabulary(), ["Hi."] * 130, score, on_done=lambda *done: heard.append(done)
    )

    one = evaluate(*model, tiny.vocabulary(), ["Hi."], score)
    assert result.n_documents == 130
    assert heard[-1] == (130, 130)
    assert heard == sorted(heard)
    assert result.nats == pytest.approx(130 * one.nats, rel=1e-6)
    assert result.n_spikes == {name: 130 * n for name, n in one.n_spikes.items()}


@pytest.mark.parametrize("silent", [("layer1",), ("layer1", "layer2", "layer3")])
def test_layers_that_never_spike_have_no_rate(
    model: tuple[Network, Host], score: Score, silent: tuple[str, ...]
) -> None:
    """Like the readout; the others keep theirs."""
    network, host = model
    populations = tuple(
        replace(p, vth=np.full(p.size, NEVER_SPIKES)) if p.name in silent else p
        for p in network.populations
    )

    result = evaluate(
        replace(network, populations=populations), host, tiny.vocabulary(), ["Hi."], score
    )

    assert {"layer1", "layer2", "layer3"} - set(silent) == set(result.firing_rates)
    assert result.firing_rate >= 0


def test_networks_without_a_token_clock_are_scored_too() -> None:
    """Document by document, by the simulator only."""
    rng = np.random.default_rng(1)
    network = strategies.network(rng, steps_per_token=5)
    host = strategies.host(rng, network, vocab=300, end_of_text=tiny.vocabulary().end_of_text)
    tokens = tiny.vocabulary().encode("One day.")
    run = reference.run(network, Replay(host.code[[host.end_of_text, *tokens]]))

    result = evaluate(network, host, tiny.vocabulary(), ["One day."], sim_score)

    nats = host.nats(run.voltage, np.array([*tokens, host.end_of_text])).sum()
    assert nats == pytest.approx(result.nats, rel=1e-9)
    assert {n: int(run.spikes[n].sum()) for n in result.n_spikes} == result.n_spikes
