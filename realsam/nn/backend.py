"""The torch backend: the function that training runs, fed with a Network's integers.

Lacks: networks that do not follow the token clock, so graded input and resets too, feedback from
later layers, readouts with a memory or spikes, strict mode.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from realsam.arrays import I64, Spikes
from realsam.errors import NetworkError
from realsam.fixedpoint import DECAY_ONE
from realsam.ir import (
    Driver,
    Lif,
    Network,
    Projection,
    Recorder,
    Run,
    Snapshot,
    from_network,
)
from realsam.ir import play as play_driver
from realsam.limits import NEVER_SPIKES
from realsam.nn.play import play
from realsam.nn.population import Played, Population, ReadoutWeights, State

_BLOCKS = (16, 32, 64, 128)  # neurons; recurrences in such blocks are played faster


class TorchNetwork:
    """A token-clock Network as tensors, batched over documents."""

    def __init__(self, network: Network, device: str = "cpu") -> None:
        self.network = network
        self.device = torch.device(device)
        from_network(network)  # refuses a network that does not follow the clock
        _refuse_readout(network.population(network.readout))
        *layers, readout = network.projections
        self.layers = [self._population(projection) for projection in layers]
        earlier, _ = self._weights(readout)
        self.readout = ReadoutWeights(earlier, None)

    def _population(self, projection: Projection) -> Population:
        lif = self.network.population(projection.target)
        earlier, own = self._weights(projection)
        blocks = None if own is None else _blocks(own)
        return Population(earlier, None, blocks, self._tensor(lif.dv), self._tensor(lif.vth))

    def _weights(self, projection: Projection) -> tuple[Tensor, Tensor | None]:
        """Weights [N, M] from all earlier populations, and [N, N] from the target itself."""
        span = self.network.spans[projection.target]
        whole = np.zeros((sum(self.network.sizes.values()), len(projection.weight)))
        np.add.at(whole, self.network.columns(projection), projection.matrix.T)
        if whole[span.stop :].any():
            raise NetworkError(
                f"{projection.name}: torch plays no feedback from later layers",
                "run it with another backend",
            )
        own = self._tensor(whole[span].T) if whole[span].any() else None
        return self._tensor(whole[: span.start].T), own

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.device)

    def start(self, batch: int) -> State:
        """The state of `batch` documents after a reset."""
        return State.zeros(self.layers, batch, self.device)

    @torch.no_grad()
    def play(self, code: Tensor, state: State) -> Played:
        """Play input spikes [T, B, M] of running documents and record all spikes."""
        alive = torch.ones(code.shape[:2], device=self.device)
        steps = self.network.steps_per_token
        return play(self.layers, self.readout, code, alive, state, steps, record=True)


def _blocks(own: Tensor) -> Tensor:
    """The smallest blocks [G, n, n] on the diagonal that hold all weights [N, N]."""
    for n in _BLOCKS:
        if len(own) % n == 0:
            parts = torch.stack([own[i : i + n, i : i + n] for i in range(0, len(own), n)])
            if torch.count_nonzero(parts) == torch.count_nonzero(own):
                return parts
    return own[None]


def _refuse_readout(lif: Lif) -> None:
    if np.any(lif.dv != DECAY_ONE) or np.any(lif.vth != NEVER_SPIKES):
        raise NetworkError(
            f"{lif.name}: torch plays no readout with a memory or spikes",
            "run it with another backend",
        )


class TorchEngine:
    """A token-clock Network in motion, one document; all state is zero at first."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._moving = TorchNetwork(network)
        self._state = self._moving.start(1)
        self._step = 0

    def token(self, spikes: Spikes) -> tuple[Spikes, I64]:
        """Advance one token; returns all its spikes and the readout voltages [D].

        Raises:
            RunError: if the input lines cannot carry these spikes [M].
        """
        self.network.input.refuse(spikes)
        code = torch.tensor(spikes, dtype=torch.float32)[None, None]
        played = self._moving.play(code, self._state)
        self._state = played.state
        self._step += self.network.steps_per_token
        voltage = played.voltage[0, 0].numpy().astype(np.int64)
        return np.concatenate([spikes, _joined(self._state.s, voltage.size, np.uint8)]), voltage

    def snapshot(self) -> Snapshot:
        """The same as that of the simulator, but for the readout, whose v has no memory."""
        n = self.network.sizes[self.network.readout]
        return {
            "v": _joined(self._state.v, n, np.int64),
            "fired": _joined(self._state.s, n, np.uint8),
            "step": np.array([self._step]),
        }

    def restore(self, snapshot: Snapshot) -> None:
        """Go on where a snapshot was taken, by this engine or by the simulator's."""
        ends = np.cumsum([len(layer.dv) for layer in self._moving.layers])
        v, s = (
            tuple(torch.tensor(x, dtype=torch.float32)[None] for x in np.split(whole, ends)[:-1])
            for whole in (snapshot["v"], snapshot["fired"])
        )
        self._state, self._step = State(v, s), int(snapshot["step"].item())


def run(network: Network, driver: Driver) -> Run:
    """Run one document from reset.

    Raises:
        NetworkError: if the network does not follow the token clock, or as `Lacks` says.
        RunError: if the input lines cannot carry what the driver feeds.
    """
    engine, recorder = TorchEngine(network), Recorder(network, "torch")
    play_driver(engine, driver, recorder.add)
    return recorder.run(torch=torch.__version__)


def _joined(layers: Sequence[Tensor], n_readout: int, dtype: type[np.uint8 | np.int64]) -> Any:
    """Values [1, N] of the layers as one array, and zeros for the readout."""
    values = [layer[0].numpy().astype(dtype) for layer in layers]
    return np.concatenate([*values, np.zeros(n_readout, dtype)])
