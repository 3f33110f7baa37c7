"""Norse: recurrent LIF and LSNN modules over a sequence, layer by layer."""

import torch
from norse.torch import LIFRecurrent, LSNNRecurrent
from torch import Tensor, nn

from benchmarks.training.frame import LanguageModel, training
from benchmarks.training.protocol import Sizes, Training


class ByLayer(nn.Module):
    """Each layer plays the whole window before the next layer starts."""

    def __init__(self, sizes: Sizes, kind: type[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(kind(heard, sizes.width) for heard in sizes.heard[:-1])

    def forward(self, code: Tensor) -> Tensor:
        """Code and spikes of all layers [T, B, M] of code [T, B, D]."""
        heard = [code]
        for layer in self.layers:
            spikes, _ = layer(torch.cat(heard, -1))
            heard.append(spikes)
        return torch.cat(heard, -1)


def build(sizes: Sizes, device: torch.device, variant: str) -> Training:
    """Variants: lif, lsnn."""
    kind = LSNNRecurrent if variant == "lsnn" else LIFRecurrent
    model = LanguageModel(sizes, ByLayer(sizes, kind), sizes.heard[-1])
    return training(model, device, f"{kind.__name__}, layer by layer")
