"""Counts against numbers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from realsam.ir import Input, Network, Recorder, Run
from realsam.report import Counts, count, facts_of
from tests import tiny
from tests.realsam.report.profiles import EVERYTHING, run

HALF = [[0, 1, 3, 0, 0, 1]]  # line 1, neuron a[0] three times, b[1]


@pytest.fixture
def counts() -> Counts:
    """Two tokens: every neuron once, then the half."""
    return counted(tiny.network(), run(EVERYTHING, *HALF))


def counted(network: Network, played: Run) -> Counts:
    """The counts of a run."""
    return count(facts_of(network, tiny.host()), played)


def test_spikes_are_counted_per_token(counts: Counts) -> None:
    """A neuron that fires three times in a token counts three, and is active once."""
    assert [p.n_spikes.tolist() for p in counts.populations] == [[2, 1], [2, 3], [2, 1]]
    assert [p.n_active.tolist() for p in counts.populations] == [[2, 1], [2, 1], [2, 1]]
    assert counts.n_spikes.tolist() == [4, 4]


def test_payload_is_one_message() -> None:
    """Whatever it is; 0 is none."""
    lines = replace(tiny.network(), input=Input("in", 2, 8))
    recorder = Recorder(lines, "reference")
    for payloads in ([-128, 127], [0, 5], [0, 0]):
        recorder.add(np.array([*payloads, 0, 0, 0, 0], np.int32), np.zeros(2, np.int64))

    first = counted(lines, recorder.run()).populations[0]

    assert first.n_spikes.tolist() == first.n_synops.tolist() == [2, 1, 0]
    assert first.n_messages.tolist() == [2, 1, 0]


def test_synops_are_spikes_times_synapses(counts: Counts) -> None:
    """Each line has one synapse, a[0] and a[1] have two each, b has none."""
    assert [p.n_synapses for p in counts.populations] == [2, 4, 0]
    assert [p.n_synops.tolist() for p in counts.populations] == [[2, 1], [4, 6], [0, 0]]
    assert counts.n_synops.tolist() == [6, 7]


def test_links_share_the_synops_of_their_source(counts: Counts) -> None:
    """From the input to a, from a to itself, from a to b."""
    assert [q.n_synops.tolist() for q in counts.links] == [[2, 1], [2, 3], [2, 3]]


def test_dense_synops_count_stored_zeros(counts: Counts) -> None:
    """Two lines to two neurons; a to a and to b."""
    assert [p.n_synops_dense for p in counts.populations] == [4, 8, 0]
    assert counts.n_synops_dense == 12


def test_a_message_goes_once_to_each_projection(counts: Counts) -> None:
    """Spikes of a go to a and to b; those of b leave it for nobody."""
    assert [p.n_messages.tolist() for p in counts.populations] == [[2, 1], [4, 6], [0, 0]]


def test_a_neuron_without_synapses_sends_no_message() -> None:
    """However many neurons a spike of another one reaches."""
    network = tiny.network()
    weight = np.array([[2, 0], [4, 0]])
    only = replace(network.projections[1], weight=weight)
    network = replace(network, projections=(network.projections[0], only))

    sent = counted(network, run(EVERYTHING)).links[-1]

    assert (sent.n_synops.tolist(), sent.n_messages.tolist()) == ([2], [1])


def test_updates_are_those_of_the_clock(counts: Counts) -> None:
    """Two populations of two neurons, four steps."""
    assert counts.n_updates == 16


def test_ratios_are_derived(counts: Counts) -> None:
    """Of the LIF populations: 8 spikes of 4 neurons in 2 tokens."""
    assert counts.firing_rate == 1.0
    assert [p.firing_rate for p in counts.populations] == [0.75, 1.25, 0.75]


def test_sparsity_is_the_share_of_silent_neurons(counts: Counts) -> None:
    """Never negative, however often a neuron fires in a token."""
    assert counts.activation_sparsity == 0.25
    assert [p.activation_sparsity for p in counts.populations] == [0.25, 0.25, 0.25]
    assert counted(tiny.network(), run([255] * 6)).activation_sparsity == 0.0


def test_connection_sparsity_counts_zero_weights(counts: Counts) -> None:
    """Twelve weights are stored, six are zero; b has none."""
    assert counts.connection_sparsity == 0.5
    assert [p.connection_sparsity for p in counts.populations] == [0.5, 0.5, 0.0]


def test_no_tokens_divide_by_nothing() -> None:
    """All counts of an empty run are empty, its rates 0."""
    empty = counted(tiny.network(), run())

    assert (empty.n_tokens, empty.firing_rate, empty.activation_sparsity) == (0, 0, 1)
    assert empty.n_synops.tolist() == empty.n_messages.tolist() == []
    assert [p.firing_rate for p in empty.populations] == [0, 0, 0]


def test_no_weights_divide_by_nothing() -> None:
    """A network without projections."""
    bare = counted(replace(tiny.network(), projections=()), run(EVERYTHING))

    assert bare.connection_sparsity == 0
    assert bare.n_synops.tolist() == [0]


def test_only_a_readout_divides_by_nothing() -> None:
    """A network without LIF neurons."""
    population = tiny.lif("a", vth=131072), tiny.lif("b", vth=131072)
    silent = counted(replace(tiny.network(), populations=population), run(EVERYTHING))

    assert (silent.firing_rate, silent.activation_sparsity) == (0, 1)


def test_many_spikes_do_not_overflow() -> None:
    """Spikes are stored as bytes and summed as integers."""
    many = counted(tiny.network(), run(*[[255] * 6] * 40))

    assert many.populations[1].n_spikes.sum() == 2 * 255 * 40
