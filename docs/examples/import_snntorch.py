"""A float snnTorch classifier through NIR to the chip's integers, and what that costs.

Trains on scikit-learn's handwritten digits, writes the network as a NIR file, imports it, and runs
the integers on all test images.

    python docs/examples/import_snntorch.py
"""

import tempfile
from itertools import pairwise
from pathlib import Path

import nir
import numpy as np
import snntorch as snn
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from export import from_nir
from realsam.ir import Replay
from sim import simulator

STEPS = 16  # pixel values are 0..16: a pixel of value x spikes in x of 16 steps
TRAINING = 1400  # of 1797 images
BETA = 0.9
DT = 1e-4  # s


class Classifier(nn.Module):
    """64 pixels, 96 hidden neurons, 10 classes; the class with most spikes wins."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(64, 96)
        self.fc2 = nn.Linear(96, 10)
        # The neuron of NIR: reset to zero, in the step of the spike.
        self.lif1 = snn.Leaky(beta=BETA, reset_mechanism="zero", reset_delay=False)
        self.lif2 = snn.Leaky(beta=BETA, reset_mechanism="zero", reset_delay=False)

    def forward(self, spikes: Tensor) -> Tensor:
        """Output spikes [T, B, 10] of input spikes [T, B, 64]."""
        mem1, mem2 = self.lif1.init_leaky(), self.lif2.init_leaky()
        record = []
        for row in spikes:
            spk1, mem1 = self.lif1(self.fc1(row), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            record.append(spk2)
        return torch.stack(record)


def encode(images: np.ndarray) -> Tensor:
    """[T, B, 64] spikes: bright pixels spike early and often."""
    steps = np.arange(STEPS)[:, None, None]
    return torch.tensor((images[None] > steps).astype(np.float32))


def write(net: Classifier, path: Path) -> None:
    """Write what the network computes as NIR: v += (dt / tau) (-v + r I), with r = tau / dt."""
    tau = DT / (1 - BETA)

    def affine(layer: nn.Linear) -> nir.Affine:
        return nir.Affine(layer.weight.detach().numpy(), layer.bias.detach().numpy())

    def lif(size: int) -> nir.LIF:
        ones = np.ones(size)
        return nir.LIF(
            tau=tau * ones, r=tau / DT * ones, v_leak=0 * ones, v_threshold=ones, v_reset=0 * ones
        )

    nodes = {
        "input": nir.Input(np.array([64])),
        "fc1": affine(net.fc1),
        "lif1": lif(96),
        "fc2": affine(net.fc2),
        "lif2": lif(10),
        "output": nir.Output(np.array([10])),
    }
    names = list(nodes)
    nir.write(path, nir.NIRGraph(nodes, list(pairwise(names))))


def main(epochs: int = 10) -> tuple[float, float]:
    """Train, write, import, run; returns the test accuracy before and after."""
    torch.manual_seed(0)
    images, labels = load_digits(return_X_y=True)
    spikes, target = encode(images), torch.tensor(labels)
    net = Classifier()
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    for epoch in range(epochs):
        for batch in torch.randperm(TRAINING).split(100):
            rates = net(spikes[:, batch]).sum(0)
            loss = nn.functional.cross_entropy(rates, target[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch + 1}: loss {loss.detach():.3f}")
    with torch.no_grad():
        rates = net(spikes[:, TRAINING:]).sum(0)
    before = float((rates.argmax(1) == target[TRAINING:]).float().mean())

    with tempfile.TemporaryDirectory() as folder:
        write(net, Path(folder) / "digits.nir")
        network = from_nir(Path(folder) / "digits.nir")
    right = 0
    for i in range(TRAINING, len(labels)):
        # Two steps more: each layer of the chip answers one step after its input.
        rows = np.zeros((STEPS + 2, 64), np.uint8)
        rows[:STEPS] = spikes[:, i].numpy()
        played = simulator.run(network, Replay(rows)).spikes["lif2"][2:]
        right += int(played.sum(0).argmax() == labels[i])
    after = right / (len(labels) - TRAINING)
    print(f"test accuracy {before:.1%} in snnTorch, {after:.1%} in the chip's integers")
    return before, after


if __name__ == "__main__":
    main()
