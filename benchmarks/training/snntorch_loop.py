"""snnTorch: RLeaky modules in a Python loop over tokens, as its tutorials do.

`layers` is the better order that dense skips allow: each layer plays the whole window, so that
its input product is one; `graph` is that with its kernels captured as one CUDA graph.
"""

import snntorch as snn
import torch
from snntorch import surrogate
from torch import Tensor, nn

from benchmarks.training.frame import LanguageModel, graphed, training
from benchmarks.training.protocol import Sizes, Training

State = tuple[tuple[Tensor, Tensor], ...]  # spikes and voltage [B, N] of each layer


class ByToken(nn.Module):
    """All layers play a token before the next token comes."""

    def __init__(self, sizes: Sizes, compiled: bool) -> None:
        super().__init__()
        self.width, self.inputs, self.neurons = sizes.width, _inputs(sizes), _neurons(sizes)
        self._play = torch.compile(self._token) if compiled else self._token

    def forward(self, code: Tensor) -> Tensor:
        """Code and spikes of all layers [T, B, M] of code [T, B, D]."""
        quiet = code.new_zeros(code.shape[1], self.width)
        state: State = tuple((quiet, quiet) for _ in self.neurons)
        features = []
        for one in code:
            heard, state = self._play(one, state)
            features.append(heard)
        return torch.stack(features)

    def _token(self, code: Tensor, state: State) -> tuple[Tensor, State]:
        heard, after = [code], []
        for linear, neuron, (s, v) in zip(self.inputs, self.neurons, state, strict=True):
            spikes, voltage = neuron(linear(torch.cat(heard, -1)), s, v)
            heard.append(spikes)
            after.append((spikes, voltage))
        return torch.cat(heard, -1), tuple(after)


class ByLayer(nn.Module):
    """Each layer plays the whole window before the next layer starts."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.inputs, self.neurons = _inputs(sizes), _neurons(sizes)

    def forward(self, code: Tensor) -> Tensor:
        """Code and spikes of all layers [T, B, M] of code [T, B, D]."""
        heard = [code]
        for linear, neuron in zip(self.inputs, self.neurons, strict=True):
            current = linear(torch.cat(heard, -1))
            s = v = torch.zeros_like(current[0])
            fired = []
            for one in current:
                s, v = neuron(one, s, v)
                fired.append(s)
            heard.append(torch.stack(fired))
        return torch.cat(heard, -1)


def _inputs(sizes: Sizes) -> nn.ModuleList:
    return nn.ModuleList(nn.Linear(heard, sizes.width) for heard in sizes.heard[:-1])


def _neurons(sizes: Sizes) -> nn.ModuleList:
    return nn.ModuleList(
        snn.RLeaky(
            beta=torch.linspace(0.4, 0.98, sizes.width),
            linear_features=sizes.width,
            spike_grad=surrogate.atan(),
            learn_beta=True,
            learn_threshold=True,
        )
        for _ in range(sizes.layers)
    )


def build(sizes: Sizes, device: torch.device, variant: str) -> Training:
    """Variants: loop, bf16, compile, layers, graph."""
    by_layer = variant in {"layers", "graph"}
    body = ByLayer(sizes) if by_layer else ByToken(sizes, compiled=variant == "compile")
    model = LanguageModel(sizes, body, sizes.heard[-1])
    match variant:
        case "graph":
            return graphed(model, sizes, device, "RLeaky, layer by layer, one CUDA graph")
        case "layers":
            return training(model, device, "RLeaky, layer by layer")
        case "compile":
            return training(model, device, "RLeaky, loop over tokens, torch.compile of its body")
        case "bf16":
            return training(model, device, "RLeaky, loop over tokens, bf16 autocast", bf16=True)
    return training(model, device, "RLeaky, loop over tokens")
