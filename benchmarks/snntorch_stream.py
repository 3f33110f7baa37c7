"""One stream of the same network the usual way: snnTorch cells in a Python loop over tokens.

Weights, decays and thresholds are the network's, in float32; the spikes are nearly the same.
"""

import time

import snntorch as snn
import torch
from torch import Tensor, nn

from export.bundle import Bundle
from realsam.ir import Network, Sampler, TokenClock, from_network, keep_fraction


class Stream(nn.Module):
    """A token-clock network, one token per call."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._clock: TokenClock = from_network(network)
        self._linear, self._cells = nn.ModuleList(), nn.ModuleList()
        for layer in self._clock.layers:
            linear = nn.Linear(layer.weight.shape[1], len(layer.weight), bias=False)
            linear.weight = nn.Parameter(torch.tensor(layer.weight, dtype=torch.float32))
            keep = keep_fraction(layer.dv, self._clock.steps_per_token)
            cell = snn.Leaky(
                beta=torch.tensor(keep, dtype=torch.float32),
                threshold=torch.tensor(layer.vth, dtype=torch.float32),
                reset_mechanism="zero",
                reset_delay=False,
            )
            self._linear.append(linear)
            self._cells.append(cell)
        self._voltage = [cell.init_leaky() for cell in self._cells]
        sizes = {layer.name: len(layer.weight) for layer in self._clock.layers}
        self._spikes = {name: torch.zeros(size) for name, size in sizes.items()}

    def forward(self, code: Tensor) -> Tensor:
        """Readout voltages [D] of the next token's input spikes [M]."""
        heard = {**self._spikes, self._clock.input.name: code}
        for i, layer in enumerate(self._clock.layers):
            given = self._linear[i](torch.cat([heard[name] for name in layer.sources]))
            heard[layer.name], self._voltage[i] = self._cells[i](given, self._voltage[i])
        self._spikes = heard
        return self._voltage[-1]


@torch.no_grad()
def tokens_per_second(bundle: Bundle, prompt: list[int], sampler: Sampler, n_tokens: int) -> float:
    """Speed of closed-loop generation, sampling included."""
    stream, host = Stream(bundle.network), bundle.host
    code = torch.tensor(host.code, dtype=torch.float32)
    decode = torch.tensor(host.decode, dtype=torch.float32)
    bias = torch.tensor(host.bias, dtype=torch.float32)
    tokens, begin = list(prompt), time.perf_counter()
    for position in range(len(prompt) + n_tokens - 1):
        logits = decode @ stream(code[tokens[position]]) + bias
        if position + 1 == len(tokens):
            best, ids = (logits * host.nats_per_logit / sampler.temperature).topk(sampler.top_k)
            tokens.append(int(ids[torch.multinomial(best.softmax(-1), 1)]))
    return (len(prompt) + n_tokens - 1) / (time.perf_counter() - begin)
