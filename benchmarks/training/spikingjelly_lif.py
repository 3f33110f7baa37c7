"""SpikingJelly: multi-step LIF nodes, fused over time; they hear no spikes of their own layer.

`recurrent` wraps a single-step node in LinearRecurrentContainer, which is a Python loop again (and
one more product than the model needs: the container maps its input, too).
Version 2 picks its kernels by itself; the row says which ones.
"""

import torch
from spikingjelly.activation_based import functional, layer, neuron, surrogate
from torch import Tensor, nn

from benchmarks.training.frame import LanguageModel, training
from benchmarks.training.protocol import Sizes, Training


class ByLayer(nn.Module):
    """Each layer plays the whole window before the next layer starts."""

    def __init__(self, sizes: Sizes, recurrent: bool) -> None:
        super().__init__()
        self.inputs = nn.ModuleList(nn.Linear(heard, sizes.width) for heard in sizes.heard[:-1])
        self.neurons = nn.ModuleList(
            _recurrent(sizes.width) if recurrent else _node("m") for _ in range(sizes.layers)
        )

    def forward(self, code: Tensor) -> Tensor:
        """Code and spikes of all layers [T, B, M] of code [T, B, D]."""
        functional.reset_net(self)
        heard = [code]
        for linear, node in zip(self.inputs, self.neurons, strict=True):
            heard.append(node(linear(torch.cat(heard, -1))))
        return torch.cat(heard, -1)


def _node(step_mode: str) -> nn.Module:
    # With its input decayed, too, it would hardly fire at the start.
    node: nn.Module = neuron.LIFNode(
        decay_input=False, surrogate_function=surrogate.ATan(), step_mode=step_mode
    )
    return node


def _recurrent(width: int) -> nn.Module:
    loop: nn.Module = layer.LinearRecurrentContainer(_node("s"), width, width, step_mode="m")
    return loop


def build(sizes: Sizes, device: torch.device, variant: str) -> Training:
    """Variants: fused, bf16, recurrent."""
    body = ByLayer(sizes, variant == "recurrent")
    model = LanguageModel(sizes, body, sizes.heard[-1])
    kernels = functional.neuron_implementation("lif", device)["implementation"]
    if variant == "recurrent":
        return training(model, device, f"LinearRecurrentContainer, loop over tokens, {kernels}")
    note = f"LIFNode without recurrence, layer by layer, {kernels}"
    bf16 = variant == "bf16"
    return training(model, device, note + (", bf16 autocast" if bf16 else ""), bf16=bf16)
