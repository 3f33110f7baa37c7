"""Lift a network back to a model that can be trained: the inverse of `realsam.lower`.

The floats are those in the middle of their integers, so that lowering the model gives the network
again, bit for bit. What a version's mechanisms did (gates, gains, thresholds of neurons, the
environment) is in the integers already: the lifted model is a plain one that has these weights.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np
import torch
from torch import Tensor

from realsam.arrays import I64
from realsam.errors import NetworkError
from realsam.fixedpoint import DECAY_ONE
from realsam.ir import Host, Network, from_network
from realsam.ir import Layer as ClockLayer
from realsam.lower import lower
from realsam.nn.config import ModelConfig
from realsam.nn.layer import Layer
from realsam.nn.model import SpikingLM
from realsam.nn.quantize import DECODE_UNIT, WEIGHT_UNIT

_LITTLE = 0.25 / DECODE_UNIT  # rounds to 0, and has a sign


def lift(network: Network, host: Host, config: ModelConfig) -> SpikingLM:
    """The language model that is lowered to this network and host.

    Args:
        network: of a bundle.
        host: of the same.
        config: of the model that was lowered to them; the result's has its sizes.

    Raises:
        NetworkError: if no such model is lowered to exactly these.
    """
    model = SpikingLM(_plain(config))
    *layers, readout = from_network(network).layers
    try:
        with torch.no_grad():
            for place, (found, layer) in enumerate(zip(layers, model.layers, strict=True)):
                _fill(cast(Layer, layer), found, model.config, place)
            weights = _columns(readout, model.config, len(layers))
            if model.readout_constant is not None:
                model.readout_constant.copy_(next(weights)[:, 0])
            model.readout.copy_(next(weights))
            model.embedding.copy_(_embedding(host))
            model.output_bias.copy_(torch.tensor(host.bias * host.nats_per_logit))
    except (ValueError, RuntimeError) as error:
        raise _other("it has other layers, or layers of other sizes") from error
    again, its_host = lower(model, host.end_of_text)
    if again != network:
        raise _other("its registers or weights are no model's")
    if not all(
        np.array_equal(getattr(its_host, name), getattr(host, name))
        for name in ("code", "decode", "bias")
    ):
        raise _other("its host is no model's")
    return model


def _plain(config: ModelConfig) -> ModelConfig:
    """The sizes, and who hears whom."""
    return replace(
        config,
        wiring="chain" if config.wiring == "chain" else "dense",
        gates=False,
        gains=False,
        homeostasis=False,
        environment=0.0,
        diversity=0.0,
    )


def _fill(layer: Layer, found: ClockLayer, config: ModelConfig, place: int) -> None:
    """Set the parameters of the layer at that place."""
    weights = _columns(found, config, place)
    if layer.constant is not None:
        layer.constant.copy_(next(weights)[:, 0])
    layer.weight.copy_(next(weights))
    if layer.recurrent is not None:
        n, own = config.block, next(weights)
        blocks = [own[at : at + n, at : at + n] for at in range(0, len(own), n)]
        layer.recurrent.copy_(torch.stack(blocks))
    dv = torch.tensor(found.dv.reshape(config.groups, -1)[:, 0])
    layer.rate.copy_(torch.log(-torch.log1p(-dv.double() / DECAY_ONE)))
    layer.threshold.copy_(_floats(found.vth[:1]))


def _columns(found: ClockLayer, config: ModelConfig, place: int) -> Iterator[Tensor]:
    """Weights from the always-on line, if any; from all else that is earlier; and its own."""
    weight, bits = _floats(found.weight.astype(np.int64)), config.code_bits
    end = config.width * len(config.heard_layers(place))
    if config.hears_code(place):
        yield weight[:, bits : bits + 1]
        weight = torch.cat([weight[:, :bits], weight[:, bits + 1 :]], 1)
        end += bits
    yield weight[:, :end]
    yield weight[:, end:]


def _floats(integers: I64) -> Tensor:
    return torch.tensor(integers).float() / WEIGHT_UNIT


def _embedding(host: Host) -> Tensor:
    """[V, bits] the decoder; where it is 0 the code gives the sign."""
    decode = torch.tensor(host.decode).float() / DECODE_UNIT
    sign = torch.tensor(host.code[:, :-1]).float() * 2 - 1
    return torch.where(decode == 0, sign * _LITTLE, decode)


def _other(reason: str) -> NetworkError:
    return NetworkError(
        f"no model of these sizes is lowered to the network: {reason}",
        "begin with a bundle that `realsam export` wrote of a training run",
    )
