"""Lower a trained model to the waist: the only road from torch to `Network` and `Host`."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from realsam.arrays import I16, I64, U8
from realsam.errors import NetworkError
from realsam.ir import (
    Host,
    Input,
    Layer,
    Lif,
    Network,
    Projection,
    TokenClock,
    readout_layer,
    to_network,
)
from realsam.limits import DU_MAX
from realsam.nn.config import ModelConfig
from realsam.nn.leaky import QuantLeaky, QuantLinear
from realsam.nn.model import SpikingLM
from realsam.nn.population import Population, ReadoutWeights
from realsam.nn.quantize import DECODE_UNIT, WEIGHT_UNIT, decoder_weight, even_weight

INPUT = "input"
READOUT = "readout"


def lower(
    model: SpikingLM, end_of_text: int, tags: tuple[str, ...] = (), delay: int = 0
) -> tuple[Network, Host]:
    """Read the integer network and its host out of a model; see `Host` for `tags` and `delay`.

    The input population has the code bits first and the always-on line last.
    """
    with torch.no_grad():
        network = _network(model)
        decode = _integers(decoder_weight(model.decoder))
        nats_per_logit = 1 / (WEIGHT_UNIT * DECODE_UNIT)
        bias = _integers(torch.round(model.output_bias.double() / nats_per_logit))
        host = Host(
            _code(model.embedding),
            decode.astype(np.int8),
            bias,
            nats_per_logit,
            end_of_text,
            tags,
            delay,
        )
    return network, host


def lower_chain(layers: Sequence[nn.Module]) -> Network:
    """Read a chain QuantLinear, QuantLeaky, QuantLinear, ... as a network with P = 1.

    One step of the chip is one call of the layers; layer l fires l steps after its input.

    Raises:
        NetworkError: if the layers do not alternate.
    """
    pairs = [
        (linear, leaky)
        for linear, leaky in zip(layers[::2], layers[1::2], strict=False)
        if isinstance(linear, QuantLinear) and isinstance(leaky, QuantLeaky)
    ]
    if not pairs or len(layers) != 2 * len(pairs):
        raise NetworkError(
            "the layers are no chain of QuantLinear and QuantLeaky", "list them in their order"
        )
    source, populations, projections = INPUT, [], []
    for i, (linear, leaky) in enumerate(pairs):
        weight = _weights(even_weight(linear.weight))
        dv, vth = (int(register.detach()) for register in leaky.registers())
        ones = np.ones(len(weight), np.int64)
        populations.append(Lif(f"layer{i + 1}", ones * DU_MAX, ones * dv, ones * 0, ones * vth))
        delay = np.zeros(weight.shape[1], np.int64)
        projections.append(Projection(f"layer{i + 1}", (source,), weight, delay))
        source = f"layer{i + 1}"
    lines = Input(INPUT, projections[0].weight.shape[1])
    return Network(lines, tuple(populations), tuple(projections), source)


def _network(model: SpikingLM) -> Network:
    config = model.config
    populations, readout = model.integers()
    layers = []
    for i, population in enumerate(populations):
        name = _name(i)
        sources, weight = _heard(config, i, population)
        if population.own is not None:
            weight = np.concatenate([weight, _weights(population.own)], axis=1)
            sources = (*sources, name)
        layers.append(
            Layer(name, _integers(population.dv), _integers(population.vth), sources, weight)
        )
    layers.append(readout_layer(READOUT, *_heard(config, config.layers, readout)))
    clock = TokenClock(Input(INPUT, config.code_bits + 1), tuple(layers), config.steps_per_token)
    return to_network(clock)


def _name(place: int) -> str:
    return f"layer{place + 1}"


def _heard(
    config: ModelConfig, place: int, target: Population | ReadoutWeights
) -> tuple[tuple[str, ...], I16]:
    """Earlier populations that a target is wired to, and its weights from them.

    The weight of the always-on line stands behind those of the code bits.
    """
    weight, bits, width = _weights(target.weight), config.code_bits, config.width
    sources, columns = [], []
    if target.constant is not None:
        sources.append(INPUT)
        columns += [weight[:, :bits], _weights(target.constant)[:, None]]
    for k in config.heard_layers(place):
        sources.append(_name(k))
        columns.append(weight[:, bits + k * width : bits + (k + 1) * width])
    return tuple(sources), np.concatenate(columns, axis=1)


def _code(embedding: Tensor) -> U8:
    """[V, bits + 1] input spikes: the signs of the embedding and the always-on line."""
    bits = (embedding > 0).cpu().numpy().astype(np.uint8)
    return np.concatenate([bits, np.ones((len(bits), 1), np.uint8)], axis=1)


def _integers(values: Tensor) -> I64:
    return values.detach().cpu().numpy().astype(np.int64)


def _weights(values: Tensor) -> I16:
    return values.detach().cpu().numpy().astype(np.int16)
