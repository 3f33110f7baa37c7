"""Lifting is the inverse of lowering: the integers come back, bit for bit."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from realsam.errors import NetworkError
from realsam.ir import Host, Network
from realsam.lift import lift
from realsam.lower import lower
from realsam.nn.config import ModelConfig
from tests import tiny

VERSIONS: dict[str, dict[str, object]] = {
    "dense": {},
    "deep": {"layers": 5, "groups": 3},
    "no recurrence": {"recurrent_block": None},
    "small blocks": {"recurrent_block": 4},
    "chain": {"layers": 3, "wiring": "chain"},
    "residual": {"layers": 3, "wiring": "residual", "gates": True, "gains": True},
    "homeostasis": {"wiring": "residual", "homeostasis": True},
    "environment": {"wiring": "residual", "environment": 0.5, "diversity": 0.3},
}


def lowered(**changes: object) -> tuple[Network, Host, ModelConfig]:
    """A random model on the chip, and what it was."""
    model = tiny.model(**changes)
    with torch.no_grad():
        model.embedding[::3] *= 1e-3  # decoder weights of 0, whose code has a sign all the same
        model.embedding[::5] *= 9  # and some at the limits
    return (*lower(model, end_of_text=7), model.config)


def same(one: Host, other: Host) -> bool:
    """Tables, bias and end of text."""
    names = ("code", "decode", "bias", "end_of_text", "nats_per_logit")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


@pytest.mark.parametrize("name", VERSIONS)
def test_lowering_a_lifted_model_gives_its_network(name: str) -> None:
    """Whatever mechanisms made the integers; the model itself has none of them."""
    network, host, config = lowered(**VERSIONS[name])

    model = lift(network, host, config)

    again, its_host = lower(model, 7)
    assert again == network
    assert same(its_host, host)
    assert not any((model.config.gates, model.config.gains, model.config.environment))


@pytest.mark.parametrize("dv", [1, 2, 2048, 4094, 4095])
def test_every_decay_comes_back(dv: int) -> None:
    """The ends of the register, too."""
    network, host, config = lowered(recurrent_block=None)
    layers = [replace(p, dv=np.full_like(p.dv, dv)) for p in network.populations[:-1]]
    network = replace(network, populations=(*layers, network.populations[-1]))

    assert lower(lift(network, host, config), 7)[0] == network


def test_a_lifted_model_can_learn() -> None:
    """All of its parameters have gradients."""
    network, host, config = lowered()
    model = lift(network, host, config)
    tokens = torch.arange(60).reshape(20, 3)

    played = model(tokens, torch.ones(tokens.shape))
    model.loss(played.voltage, tokens.roll(-1, 0))[0].backward()

    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    assert model.embedding.grad.any()
    assert model.layers[0].weight.grad.any()


def test_a_network_of_other_sizes_is_refused() -> None:
    """By the reason."""
    network, host, config = lowered()

    with pytest.raises(NetworkError, match="no model of these sizes is lowered to the network"):
        lift(network, host, replace(config, width=24, recurrent_block=24))
    with pytest.raises(NetworkError, match="no model of these sizes is lowered to the network"):
        lift(network, host, replace(config, layers=3))


def test_a_network_that_no_model_gives_is_refused() -> None:
    """Thresholds that differ within a layer, and a decoder whose signs are not the code."""
    network, host, config = lowered()
    first = network.populations[0]
    vth = first.vth + np.arange(first.vth.size)
    odd = replace(network, populations=(replace(first, vth=vth), *network.populations[1:]))

    with pytest.raises(NetworkError, match="its registers or weights are no model's"):
        lift(odd, host, config)
    with pytest.raises(NetworkError, match="its host is no model's"):
        lift(network, replace(host, decode=-host.decode), config)
