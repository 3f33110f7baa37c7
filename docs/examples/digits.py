"""An snnTorch classifier whose layers run on the chip's integers.

Trains on scikit-learn's handwritten digits with `QuantLeaky` where `snn.Leaky` would stand, lowers
the trained layers to a network, and runs that on the integer reference: the spikes are equal.

    python docs/examples/digits.py
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from realsam.ir import Replay
from realsam.lower import lower_chain
from realsam.nn.leaky import QuantLeaky, QuantLinear
from sim import reference

STEPS = 16  # pixel values are 0..16: a pixel of value x spikes in x of 16 steps
TRAINING = 1400  # of 1797 images


class Classifier(nn.Module):
    """64 pixels, 128 hidden neurons, 10 classes; the class with most spikes wins."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = QuantLinear(64, 128)
        self.lif1 = QuantLeaky(beta=0.9)  # snn.Leaky(beta=0.9) in a float network
        self.fc2 = QuantLinear(128, 10)
        self.lif2 = QuantLeaky(beta=0.9, learn_beta=True, learn_threshold=True)

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


def main(epochs: int = 10) -> tuple[float, int]:
    """Train, lower and compare; returns test accuracy and the number of differing spikes."""
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
        trained = net(spikes[:, TRAINING:])
    accuracy = float((trained.sum(0).argmax(1) == target[TRAINING:]).float().mean())

    network = lower_chain([net.fc1, net.lif1, net.fc2, net.lif2])
    differences = 0
    for i in range(20):
        # Two steps more: each layer of the chip answers one step after its input.
        played = np.zeros((STEPS + 2, 64), np.uint8)
        played[:STEPS] = spikes[:, TRAINING + i].numpy()
        run = reference.run(network, Replay(played))
        expected = trained[:, i].numpy()
        differences += int((run.spikes["layer2"][2:] != expected).sum())
    print(f"test accuracy {accuracy:.1%}; {differences} of {20 * STEPS * 10} spikes differ")
    return accuracy, differences


if __name__ == "__main__":
    main()
