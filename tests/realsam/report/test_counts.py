"""Counts against numbers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from realsam.ir import Input, Network, Recorder, Run
from realsam.report import Counts, count
from tests import tiny


def network() -> Network:
    """The tiny network: in -> a (2 synapses), a -> a (2), a -> b (2), four steps per token."""
    return tiny.network()


def run(*tokens: list[int]) -> Run:
    """A run whose spike vectors [in 2, a 2, b 2] are given."""
    recorder = Recorder(network(), "reference")
    for spikes in tokens:
        recorder.add(np.array(spikes, np.uint8), np.zeros(2, np.int64))
    return recorder.run()


@pytest.fixture
def counts() -> Counts:
    """Two tokens: every neuron once, then line 1, neuron a[0] three times and b[1]."""
    return count(network(), tiny.host(), run([1, 1, 1, 1, 1, 1], [0, 1, 3, 0, 0, 1]))


def test_populations_stand_in_their_order(counts: Counts) -> None:
    """With their kinds and sizes."""
    assert [(p.name, p.kind, p.n_neurons) for p in counts.populations] == [
        ("in", "input", 2),
        ("a", "lif", 2),
        ("b", "lif", 2),
    ]


def test_readout_is_a_kind_of_its_own() -> None:
    """All of its thresholds are out of reach."""
    silent = replace(network(), populations=(tiny.lif("a"), tiny.lif("b", vth=131072)))

    assert [p.kind for p in count(silent, None, run()).populations] == ["input", "lif", "readout"]


def test_spikes_are_counted_per_token(counts: Counts) -> None:
    """A neuron that fires three times in a token counts three."""
    assert [p.n_spikes.tolist() for p in counts.populations] == [[2, 1], [2, 3], [2, 1]]


def test_payload_is_one_message() -> None:
    """Whatever it is; 0 is none."""
    lines = replace(network(), input=Input("in", 2, 8))
    recorder = Recorder(lines, "reference")
    for payloads in ([-128, 127], [0, 5], [0, 0]):
        recorder.add(np.array([*payloads, 0, 0, 0, 0], np.int32), np.zeros(2, np.int64))

    counted = count(lines, None, recorder.run()).populations[0]

    assert counted.n_spikes.tolist() == counted.n_synops.tolist() == [2, 1, 0]


def test_synops_are_spikes_times_synapses(counts: Counts) -> None:
    """Each line has one synapse, a[0] and a[1] have two each, b has none."""
    assert [p.n_synapses for p in counts.populations] == [2, 4, 0]
    assert [p.n_synops.tolist() for p in counts.populations] == [[2, 1], [4, 6], [0, 0]]


def test_dense_synops_count_stored_zeros(counts: Counts) -> None:
    """Two lines to two neurons; a to a and to b."""
    assert [p.n_synops_dense for p in counts.populations] == [4, 8, 0]


def test_updates_are_neurons_times_steps(counts: Counts) -> None:
    """Input lines are no neurons."""
    assert [p.n_updates for p in counts.populations] == [0, 8, 8]
    assert counts.updates_per_token == 16


def test_ratios_are_derived(counts: Counts) -> None:
    """Of the LIF populations: 8 spikes of 4 neurons in 2 tokens."""
    assert counts.firing_rate == 1.0
    assert counts.activation_sparsity == 0.0
    assert counts.spikes_per_token == 4.0
    assert counts.synops_per_token == 6.5
    assert [p.firing_rate for p in counts.populations] == [0.75, 1.25, 0.75]


def test_connection_sparsity_counts_zero_weights(counts: Counts) -> None:
    """Twelve weights are stored, six are zero."""
    assert (counts.n_weights, counts.n_zero_weights) == (12, 6)
    assert counts.connection_sparsity == 0.5


def test_host_operations_are_those_of_the_decoder(counts: Counts) -> None:
    """Four tokens by two readout neurons; none without a host."""
    assert counts.host_macs == 8
    assert count(network(), None, run()).host_macs == 0


def test_no_tokens_divide_by_nothing() -> None:
    """All ratios of an empty run are zero."""
    empty = count(network(), tiny.host(), run())

    assert empty.n_tokens == 0
    assert (empty.firing_rate, empty.spikes_per_token, empty.synops_per_token) == (0, 0, 0)
    assert [p.firing_rate for p in empty.populations] == [0, 0, 0]


def test_no_weights_divide_by_nothing() -> None:
    """A network without projections."""
    bare = replace(network(), projections=())

    assert count(bare, None, run()).connection_sparsity == 0


def test_only_a_readout_divides_by_nothing() -> None:
    """A network without LIF neurons."""
    population = tiny.lif("a", vth=131072), tiny.lif("b", vth=131072)

    assert count(replace(network(), populations=population), None, run()).firing_rate == 0


def test_many_spikes_do_not_overflow() -> None:
    """Spikes are stored as bytes and summed as integers."""
    many = count(network(), None, run(*[[255] * 6] * 40))

    assert many.populations[1].n_spikes.sum() == 2 * 255 * 40
