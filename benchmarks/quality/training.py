"""Trains a baseline as `realsam train` trains a model: same windows, optimizers and schedule."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor

from benchmarks.quality.baseline import Baseline
from realsam.errors import TrainingError
from realsam.nn.precision import matmul_precision
from realsam.train.config import TrainConfig
from realsam.train.data import Position, Window, Windows
from realsam.train.objective import firing_price
from realsam.train.optimize import Update

_WARM_UP = 3  # passes before a capture
_LAST = 100  # steps over which the loss is averaged
_EVERY = 5.0  # seconds between two reports; reading a loss stops the device for a moment

Report = Callable[[int, float, float], None]  # hears steps done, nats per token, tokens per second


@dataclass(frozen=True)
class Training:
    """What a training came to."""

    train_nats_per_token: float  # mean of the last steps, dropout included
    train_s: float  # all of it
    tokens_per_s: float  # without the first step, in which a GPU's passes are captured


class WindowPass:
    """Adds the gradients of windows to the parameters; keeps the state between them.

    On CUDA forward and backward are captured once as a graph, then replayed.
    """

    def __init__(
        self,
        model: Baseline,
        config: TrainConfig,
        batch: int,
        end_of_text: int,
        device: torch.device,
    ) -> None:
        self._model, self._config, self._end = model, config, end_of_text
        shape = (config.window, batch)
        self._tokens = torch.zeros(shape, dtype=torch.int64, device=device)
        self._targets = torch.zeros(shape, dtype=torch.int64, device=device)
        self._alive = torch.ones(shape, device=device)
        self._state = model.start(batch, device)
        self._nats = torch.zeros((), device=device)
        self._neurons = torch.tensor(model.neurons, dtype=torch.float32, device=device)
        (target,) = config.targets(1)
        self._target = torch.tensor(target, device=device)
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, window: Window) -> Tensor:
        """The loss [] in nats per token; the next window overwrites it."""
        tokens = torch.from_numpy(window.tokens)
        alive = (tokens != self._end).float()
        if window.fresh:
            alive[0] = 0
        targets = torch.from_numpy(window.targets)
        statics = (self._tokens, tokens), (self._alive, alive), (self._targets, targets)
        for static, value in statics:
            pinned = value.contiguous().pin_memory() if static.is_cuda else value
            static.copy_(pinned, non_blocking=True)
        if not self._tokens.is_cuda:
            self.play()
            return self._nats
        if self._graph is None:
            self._graph = self._capture()
        self._graph.replay()
        return self._nats

    def play(self) -> None:
        """Forward and backward over the window that was copied in; nothing here may wait."""
        z, state, n_fired = self._model(self._tokens, self._alive, self._state)
        nats = self._model.nats(z.flatten(0, 1), self._targets.flatten()).mean()
        (nats + self._price(n_fired)).backward()
        with torch.no_grad():
            self._nats.copy_(nats)
            for old, new in zip(self._state, state, strict=True):
                old.copy_(new)
            self._model.adapt(self._nats, self._state, self._target)

    def _price(self, n_fired: Tensor) -> Tensor:
        """Nats for firing off the target."""
        rates = n_fired.mean((0, 1)) / self._neurons
        price = firing_price(rates, self._target, self._config)
        return price.sum() / max(1, len(rates))

    def _capture(self) -> torch.cuda.CUDAGraph:
        pieces = [*self._state, *self._model.buffers()]
        kept = [piece.clone() for piece in pieces]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP):
                self.play()
        torch.cuda.current_stream().wait_stream(stream)
        # A replay adds to the gradients where they lie now, and `Update` clears them there.
        for parameter in self._model.parameters():
            assert parameter.grad is not None
            parameter.grad.zero_()
        for piece, value in zip(pieces, kept, strict=True):
            piece.copy_(value)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.play()
        return graph


def train(
    model: Baseline,
    config: TrainConfig,
    windows: Windows,
    end_of_text: int,
    device: torch.device,
    report: Report,
) -> Training:
    """Train to the last step.

    Raises:
        TrainingError: if the loss is no number any more.
    """
    model.to(device).train()
    play = WindowPass(model, config, windows.batch, end_of_text, device)
    update, stream = Update(model, config), windows.start(Position(0, 0))
    recent: deque[Tensor] = deque(maxlen=_LAST)
    begin = first = said = perf_counter()
    nats = speed = 0.0
    with matmul_precision("high"):
        for step in range(1, config.steps + 1):
            recent.append(play(next(stream)).clone())
            update(step - 1)
            if 1 < step < config.steps and perf_counter() - said < _EVERY:
                continue
            nats, said = _mean(recent, step), perf_counter()
            first = said if step == 1 else first
            since, timed = (first, step - 1) if step > 1 else (begin, 1)
            speed = timed * config.window * windows.batch / (said - since)
            report(step, nats, speed)
    return Training(nats, said - begin, speed)


def _mean(recent: deque[Tensor], step: int) -> float:
    nats = float(torch.stack(list(recent)).mean())
    if not math.isfinite(nats):
        raise TrainingError(f"step {step}: the loss is {nats}", "use a lower --lr and --matrix-lr")
    return nats
