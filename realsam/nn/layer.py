"""A LIF layer of the language model: parameters in floats, and the integers that are played.

What a chip lacks acts on the floats before they are quantized. A factor per neuron scales all
that it hears: a gain, the reciprocal of a threshold of its own (voltages start at zero, are reset
to zero and add up, so that both are the same), what the environment does to it. A share per source
scales what later layers hear of it. The integers of training are therefore those of the chip, and
nothing is left to fold at lowering. Factors are products of stored float32 numbers, one rounding
each, so that CPU and GPU make the same integers. Source: ADR-0016.
"""

from collections.abc import Sequence
from math import log, prod
from statistics import NormalDist

import torch
from torch import Tensor, nn

from realsam.nn.config import ModelConfig
from realsam.nn.lif import exact_dtype
from realsam.nn.population import Population
from realsam.nn.quantize import decay_register, even_weight, threshold_register

_OPEN = 2.0  # gates at the start, before the sigmoid: a closed one would not learn


def start(config: ModelConfig, place: int, rows: int) -> nn.Parameter:
    """Random weights [rows, M] of the layer at that place, 0..layers (the readout)."""
    layers = config.heard_layers(place)
    bits = config.code_bits if config.hears_code(place) else 0
    tied = config.wiring == "residual"
    columns = bits + config.width * (min(len(layers), 1) if tied else len(layers))
    active = bits / 2 + 0.1 * (config.width * len(layers))
    return nn.Parameter(torch.randn(rows, columns) * 0.5 / active**0.5)


def spread(weight: Tensor, config: ModelConfig, shares: Sequence[Tensor | None]) -> Tensor:
    """Weights [N, code bits + layers * width] from the input and all earlier layers.

    Args:
        weight: [N, M] of `start`.
        config: of the model.
        shares: [width] of each earlier layer's spikes that enter the stream; None for all.
    """
    if config.wiring == "dense":
        return weight
    if config.wiring == "chain":
        silent = config.code_bits + len(shares) * config.width - weight.shape[1]
        return torch.cat([weight.new_zeros(len(weight), silent), weight], 1)
    code, stream = weight[:, : config.code_bits], weight[:, config.code_bits :]
    return torch.cat([code, *(stream if s is None else stream * s for s in shares)], 1)


class Layer(nn.Module):
    """Weights, decays and threshold of one LIF layer, and the factors of its neurons."""

    excitability: Tensor | None  # [N] fixed gain of each neuron
    sensitivity: Tensor | None  # [N] gain that full stress adds, in units of the environment's
    thresholds: Tensor | None  # [N] homeostatic, in units of the layer's

    def __init__(self, config: ModelConfig, place: int) -> None:
        super().__init__()
        self._config = config
        width = config.width
        self.weight = start(config, place, width)
        hears_code = config.hears_code(place)  # and with it the always-on line
        self.constant = nn.Parameter(torch.zeros(width)) if hears_code else None
        self.recurrent: nn.Parameter | None = None
        if n := config.block:
            self.recurrent = nn.Parameter(torch.randn(width // n, n, n) * 0.2 / (0.1 * n) ** 0.5)
        self.rate = nn.Parameter(_rates(config))
        self.threshold = nn.Parameter(torch.ones(1))
        self.gate = nn.Parameter(torch.full((width,), _OPEN)) if config.gates else None
        self.gain = nn.Parameter(torch.ones(width)) if config.gains else None
        varied = config.diversity or config.environment
        traits = torch.exp(config.diversity * torch.randn(2, width)) if varied else (None, None)
        self.register_buffer("excitability", traits[0])
        self.register_buffer("sensitivity", traits[1])
        self.register_buffer("thresholds", torch.ones(width) if config.homeostasis else None)

    def share(self) -> Tensor | None:
        """[N] share of each neuron's spikes that enters the stream; None for all."""
        if self.gate is None:
            return None
        return torch.sigmoid(self.gate.to(exact_dtype(self.gate.device))).float()

    def integers(self, shares: Sequence[Tensor | None], stress: Tensor | None) -> Population:
        """Quantized parameters, differentiable.

        Args:
            shares: of the earlier layers.
            stress: [] of the environment, if there is one.
        """
        factor, width = self._factor(stress), len(self.weight)

        def folded(weight: Tensor) -> Tensor:
            if factor is not None:
                weight = weight * factor.view(*weight.shape[:-1], 1)
            return even_weight(weight)

        return Population(
            folded(spread(self.weight, self._config, shares)),
            None if self.constant is None else folded(self.constant[:, None])[:, 0],
            None if self.recurrent is None else folded(self.recurrent),
            decay_register(self.rate).repeat_interleave(width // len(self.rate)),
            threshold_register(self.threshold).expand(width),
        )

    def _factor(self, stress: Tensor | None) -> Tensor | None:
        """[N] of all that a neuron hears."""
        factors = [factor for factor in (self.gain, self.excitability) if factor is not None]
        if stress is not None and self.sensitivity is not None:
            factors.append(1 + self._config.environment * stress * self.sensitivity)
        if self.thresholds is not None:
            factors.append(1 / self.thresholds)
        return prod(factors[1:], start=factors[0]) if factors else None


def _rates(config: ModelConfig) -> Tensor:
    """[groups] log decay rates at the start.

    Diversity is a log-normal factor of time constants. A chip holds few registers, so each group
    has the median of its share of that distribution. The rates are learned: a fixed factor and
    another start are the same.
    """
    low, high = (log(log(2) / h / config.steps_per_token) for h in config.half_life)
    rates = torch.linspace(low, high, config.groups)
    if config.diversity:
        normal, n = NormalDist(), config.groups
        medians = torch.tensor([normal.inv_cdf((i + 0.5) / n) for i in range(n)])
        rates -= config.diversity * medians
    return rates
