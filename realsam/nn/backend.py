"""The torch backend: the function that training runs, fed with a Network's integers.

Lacks: networks that do not follow the token clock, strict mode.
"""

import numpy as np
import torch
from snntorch import surrogate
from torch import Tensor

from realsam.arrays import I64, U8
from realsam.ir import Driver, Network, Recorder, Run, from_network
from realsam.nn.play import Population, ReadoutWeights, State, play

_UNUSED_SURROGATE = surrogate.atan()  # no gradient is taken here


class TorchNetwork:
    """A token-clock Network as tensors, batched over documents."""

    def __init__(self, network: Network, device: str = "cpu") -> None:
        self.network = network
        self.device = torch.device(device)
        clock = from_network(network)
        self.layers = [
            self._population(layer.name, layer.sources, layer.weight, layer.dv, layer.vth)
            for layer in clock.layers[:-1]
        ]
        self.readout = ReadoutWeights(self._tensor(clock.layers[-1].weight), None)

    def _population(
        self, name: str, sources: tuple[str, ...], weight: np.ndarray, dv: I64, vth: I64
    ) -> Population:
        recurrent = None
        if name in sources:
            weight, own = weight[:, : -len(dv)], weight[:, -len(dv) :]
            recurrent = self._tensor(own)
        return Population(
            self._tensor(weight), None, recurrent, self._tensor(dv), self._tensor(vth)
        )

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.device)

    def start(self, batch: int) -> State:
        """The state of `batch` documents after a reset."""
        return State.zeros(self.layers, batch, self.device)

    @torch.no_grad()
    def play(self, code: Tensor, state: State) -> tuple[list[Tensor], Tensor, State]:
        """Play input spikes [T, B, M] of running documents; see `realsam.nn.play.play`."""
        alive = torch.ones(*code.shape[:2], 1, device=self.device)
        return play(
            self.layers,
            self.readout,
            code,
            alive,
            state,
            self.network.steps_per_token,
            _UNUSED_SURROGATE,
        )


def run(network: Network, driver: Driver) -> Run:
    """Run one document from reset.

    Raises:
        NetworkError: if the network does not follow the token clock.
    """
    engine, recorder = TorchNetwork(network), Recorder(network, "torch")
    state = engine.start(1)
    while (spikes := driver.spikes()) is not None:
        code = torch.tensor(spikes, dtype=torch.float32)[None, None]
        fired, voltage, state = engine.play(code, state)
        read = voltage[0, 0].numpy().astype(np.int64)
        recorder.add(_vector(spikes, fired, len(read)), read)
        driver.take(read)
    return recorder.run(torch=torch.__version__)


def _vector(spikes: U8, fired: list[Tensor], n_readout: int) -> U8:
    """All spikes of a token in the order of the network's populations."""
    layers = [s[0, 0].numpy().astype(np.uint8) for s in fired]
    return np.concatenate([spikes, *layers, np.zeros(n_readout, np.uint8)])
