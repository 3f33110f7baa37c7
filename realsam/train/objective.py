"""What training minimises: the loss of a window, with a price on firing above a target."""

import torch
from torch import Tensor, nn

from realsam.nn.labels import Labels
from realsam.nn.model import SpikingLM
from realsam.nn.population import State
from realsam.train.parallel import ALONE, Processes


class Objective(nn.Module):
    """A model and its loss in one module, whose forward uses every parameter."""

    def __init__(
        self,
        model: SpikingLM,
        target_firing: float,
        firing_weight: float,
        processes: Processes = ALONE,
    ) -> None:
        super().__init__()
        self.model = model
        self._processes = processes
        self._target_firing = target_firing
        self._firing_weight = firing_weight

    def forward(
        self,
        tokens: Tensor,
        targets: Tensor,
        alive: Tensor,
        state: State,
        seed: Tensor,
        labels: Labels | None = None,
    ) -> tuple[Tensor, Tensor, State]:
        """The loss, the measures [1 + L] (nats per token, firing rates) and the state after.

        Args:
            tokens: [T, B].
            targets: [T, B] the next tokens.
            alive: [T, B], see `realsam.nn.play.play`.
            state: before the window.
            seed: [] int64, of the dropout.
            labels: of a teacher, [T * B, K].
        """
        played = self.model(tokens, alive, state, seed)
        loss, nats = self.model.loss(played.voltage, targets, labels)
        rates = self._shared(played.rates)
        excess = torch.relu(rates / self._target_firing - 1)
        measures = torch.cat([nats[None], rates.detach()])
        return loss + self._firing_weight * (excess**2).mean(), measures, played.state

    def _shared(self, rates: Tensor) -> Tensor:
        # The price bends at the target: it must see the rates of all streams. Each process keeps
        # the gradient of its own; their average is the gradient of the whole.
        if self._processes.n == 1:
            return rates
        return rates + (self._processes.mean(rates) - rates.detach())
