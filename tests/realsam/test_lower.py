"""Lowering: the numbers of a model stand where the chip expects them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from realsam.errors import NetworkError
from realsam.ir import Replay, from_network
from realsam.lower import lower, lower_chain
from realsam.nn.leaky import QuantLeaky, QuantLinear
from sim import reference
from tests import tiny


def test_layers_hear_input_and_all_earlier_layers_and_themselves() -> None:
    """Dense skips and recurrence; the readout hears everybody."""
    network, _ = lower(tiny.model(), end_of_text=0)

    assert {q.target: q.sources for q in network.projections} == {
        "layer1": ("input", "layer1"),
        "layer2": ("input", "layer1", "layer2"),
        "readout": ("input", "layer1", "layer2"),
    }


def test_layers_of_a_chain_hear_the_one_before() -> None:
    """And the first one the input, with its always-on line; nothing else is exported."""
    network, _ = lower(tiny.model(layers=3, wiring="chain"), end_of_text=0)

    assert {q.target: q.sources for q in network.projections} == {
        "layer1": ("input", "layer1"),
        "layer2": ("layer1", "layer2"),
        "layer3": ("layer2", "layer3"),
        "readout": ("layer3",),
    }
    assert network.projections[1].weight.shape == (12, 24)


def test_stream_of_open_gates_has_the_same_weights_from_every_layer() -> None:
    """A residual stream lies in as many copies on the chip as there are layers that enter it."""
    network, _ = lower(tiny.model(layers=3, wiring="residual", recurrent_block=None), 0)

    weight = network.projections[-1].weight[:, -36:]

    assert network.projections[-1].sources == ("input", "layer1", "layer2", "layer3")
    assert np.array_equal(weight[:, :12], weight[:, 12:24])
    assert np.array_equal(weight[:, :12], weight[:, 24:])


def test_layers_without_recurrence_do_not_hear_themselves() -> None:
    """The option of the configuration."""
    network, _ = lower(tiny.model(recurrent_block=None), end_of_text=0)

    assert all(q.target not in q.sources for q in network.projections)


def test_always_on_line_is_the_last_input() -> None:
    """Its weights are those of the constants."""
    model = tiny.model()
    network, host = lower(model, end_of_text=0)
    constant = model.integers()[0][0].constant

    assert network.input.size == model.config.code_bits + 1
    assert host.code[:, -1].all()
    assert network.projections[0].weight[:, model.config.code_bits].tolist() == constant.tolist()


def test_network_follows_the_token_clock() -> None:
    """At the model's steps per token."""
    model = tiny.model()
    network, _ = lower(model, end_of_text=0)

    assert from_network(network).steps_per_token == model.config.steps_per_token


def test_groups_of_neurons_share_a_decay() -> None:
    """Twelve neurons in two groups."""
    network, _ = lower(tiny.model(), end_of_text=0)

    first, second = np.split(network.population("layer1").dv, 2)
    assert len(set(first)) == len(set(second)) == 1
    assert first[0] != second[0]


def test_host_knows_the_end_of_text() -> None:
    """As it was told."""
    assert lower(tiny.model(), end_of_text=7)[1].end_of_text == 7


def test_output_bias_is_rounded_to_logit_units() -> None:
    """Half a unit off at most."""
    model = tiny.model()
    _, host = lower(model, end_of_text=0)

    off = host.bias * host.nats_per_logit - model.output_bias.detach().numpy()

    assert np.abs(off).max() <= host.nats_per_logit / 2 + 1e-7


def test_chain_equals_its_layers() -> None:
    """Each layer of the chip answers one step after its input."""
    torch.manual_seed(0)
    layers = [QuantLinear(6, 8), QuantLeaky(0.9), QuantLinear(8, 3), QuantLeaky(0.5)]
    spikes = np.random.default_rng(0).integers(0, 2, (12, 6), dtype=np.uint8)
    for linear in layers[::2]:
        torch.nn.init.normal_(linear.weight, std=0.5)

    run = reference.run(
        lower_chain(layers), Replay(np.vstack([spikes, np.zeros((2, 6), np.uint8)]))
    )

    mems = [layers[1].init_leaky(), layers[3].init_leaky()]
    for step, row in enumerate(torch.tensor(spikes, dtype=torch.float32)):
        hidden, mems[0] = layers[1](layers[0](row[None]), mems[0])
        out, mems[1] = layers[3](layers[2](hidden), mems[1])
        assert hidden[0].tolist() == run.spikes["layer1"][step + 1].tolist()
        assert out[0].tolist() == run.spikes["layer2"][step + 2].tolist()


@pytest.mark.parametrize(
    "layers",
    [
        [],
        [QuantLinear(2, 2)],
        [QuantLeaky(0.9), QuantLinear(2, 2)],
        [QuantLinear(2, 2), QuantLeaky(0.9), QuantLinear(2, 2)],
        [torch.nn.Linear(2, 2), QuantLeaky(0.9)],
    ],
    ids=["nothing", "no neurons", "wrong order", "odd end", "float layer"],
)
def test_other_chains_are_refused(layers: list[torch.nn.Module]) -> None:
    """Only pairs of our layers are integers."""
    with pytest.raises(NetworkError, match="the layers are no chain of QuantLinear and QuantLeaky"):
        lower_chain(layers)


def test_lowering_twice_gives_the_same_network() -> None:
    """And another model another one."""
    model = tiny.model()
    (first, host), (second, _) = lower(model, 0), lower(model, 0)

    assert first == second
    assert first != lower(tiny.model(seed=2), 0)[0]
    assert replace(host, end_of_text=3).end_of_text == 3
