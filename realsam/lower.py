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
from realsam.nn.leaky import QuantLeaky, QuantLinear
from realsam.nn.model import SpikingLM
from realsam.nn.population import Population
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
    heard: tuple[str, ...] = (INPUT,)
    layers = []
    for i, layer in enumerate(model.layers):
        name = f"layer{i + 1}"
        population: Population = layer.integers()  # type: ignore[operator]
        weight = _columns(population.weight, population.constant, config.code_bits)
        sources = heard
        if population.own is not None:
            weight = np.concatenate([weight, _weights(population.own)], axis=1)
            sources = (*heard, name)
        layers.append(
            Layer(name, _integers(population.dv), _integers(population.vth), sources, weight)
        )
        heard = (*heard, name)
    readout = _columns(
        even_weight(model.readout), even_weight(model.readout_constant), config.code_bits
    )
    layers.append(readout_layer(READOUT, heard, readout))
    clock = TokenClock(Input(INPUT, config.code_bits + 1), tuple(layers), config.steps_per_token)
    return to_network(clock)


def _columns(weight: Tensor, constant: Tensor | None, code_bits: int) -> I16:
    """Put the weight of the always-on line behind those of the code bits."""
    assert constant is not None
    columns = _weights(weight)
    return np.insert(columns, code_bits, _weights(constant), axis=1)


def _code(embedding: Tensor) -> U8:
    """[V, bits + 1] input spikes: the signs of the embedding and the always-on line."""
    bits = (embedding > 0).cpu().numpy().astype(np.uint8)
    return np.concatenate([bits, np.ones((len(bits), 1), np.uint8)], axis=1)


def _integers(values: Tensor) -> I64:
    return values.detach().cpu().numpy().astype(np.int64)


def _weights(values: Tensor) -> I16:
    return values.detach().cpu().numpy().astype(np.int16)
