"""Lower a trained model to the waist: the only road from torch to `Network` and `Host`."""

import numpy as np
import torch
from torch import Tensor

from realsam.arrays import I16, I64, U8
from realsam.ir import Host, Input, Layer, Network, TokenClock, readout_layer, to_network
from realsam.nn.model import SpikingLM
from realsam.nn.play import Population
from realsam.nn.quantize import DECODE_UNIT, WEIGHT_UNIT, decoder_weight, even_weight

INPUT = "input"
READOUT = "readout"


def lower(model: SpikingLM, end_of_text: int) -> tuple[Network, Host]:
    """Read the integer network and its host out of a model.

    The input population has the code bits first and the always-on line last.
    """
    with torch.no_grad():
        network = _network(model)
        decode = _integers(decoder_weight(model.embedding))
        nats_per_logit = 1 / (WEIGHT_UNIT * DECODE_UNIT)
        bias = _integers(torch.round(model.output_bias.double() / nats_per_logit))
        host = Host(
            _code(model.embedding), decode.astype(np.int8), bias, nats_per_logit, end_of_text
        )
    return network, host


def _network(model: SpikingLM) -> Network:
    config = model.config
    heard: tuple[str, ...] = (INPUT,)
    layers = []
    for i, layer in enumerate(model.layers):
        name = f"layer{i + 1}"
        population: Population = layer.integers()  # type: ignore[operator]
        weight = _columns(population.weight, population.constant, config.code_bits)
        sources = heard
        if population.recurrent is not None:
            weight = np.concatenate([weight, _weights(population.recurrent)], axis=1)
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
