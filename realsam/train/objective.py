"""What training minimises: the loss of a window, with a price on firing off the target."""

import torch
from torch import Tensor, nn

from realsam.nn.labels import Labels
from realsam.nn.model import SpikingLM
from realsam.nn.population import State
from realsam.train.config import TrainConfig
from realsam.train.parallel import ALONE, Processes


def firing_price(rates: Tensor, targets: Tensor, config: TrainConfig) -> Tensor:
    """Nats [L] that layers cost which fire more often than their targets, or less."""
    excess = rates / targets - 1
    price = config.firing_weight * torch.relu(excess) ** 2
    if config.silence_weight:
        price = price + config.silence_weight * torch.relu(-excess) ** 2
    return price


class Objective(nn.Module):
    """A model and its loss in one module, whose forward uses every parameter."""

    def __init__(self, model: SpikingLM, config: TrainConfig, processes: Processes = ALONE) -> None:
        super().__init__()
        self.model = model
        self._processes = processes
        self._config = config
        targets = config.targets(model.config.layers)
        self._targets = torch.tensor(targets, device=model.output_bias.device)

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
        price = firing_price(rates, self._targets, self._config)
        measures = torch.cat([nats[None], rates.detach()])
        return loss + price.mean(), measures, played.state

    def adapt(self, nats: Tensor, state: State) -> None:
        """Let what is no parameter follow a window, after its gradients were taken.

        Args:
            nats: [] loss per token.
            state: after the window; its spikes stand for those of all its tokens.
        """
        config = self.model.config
        if config.environment or config.homeostasis:
            fired = torch.stack([s.mean(0) for s in state.s])
            self.model.adapt(self._processes.mean(nats), self._processes.mean(fired), self._targets)

    def _shared(self, rates: Tensor) -> Tensor:
        # The price bends at the target: it must see the rates of all streams. Each process keeps
        # the gradient of its own; their average is the gradient of the whole.
        if self._processes.n == 1:
            return rates
        return rates + (self._processes.mean(rates) - rates.detach())
