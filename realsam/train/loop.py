"""The training loop: windows in, checkpoints and metrics out."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from realsam.errors import CheckpointError, DataError
from realsam.evaluation import Evaluation, evaluate
from realsam.ir import perplexity
from realsam.lower import lower
from realsam.nn.model import SpikingLM
from realsam.nn.precision import matmul_precision
from realsam.nn.scoring import score as torch_score
from realsam.train.backprop import Backprop
from realsam.train.checkpoint import (
    Checkpoint,
    random_state,
    restore_random_state,
    save_checkpoint,
)
from realsam.train.config import TrainConfig
from realsam.train.data import Position, Window, Windows
from realsam.train.objective import Objective
from realsam.train.optimize import Update, schedule
from realsam.train.runs import METRICS
from realsam.vocab import Vocabulary
from sim.scoring import score as sim_score

_LOG_EVERY = 10  # steps; reading a loss back stops the device for a moment


@dataclass(frozen=True)
class Progress:
    """What the training has to say after some steps."""

    step: int
    nats_per_token: float
    firing_rates: tuple[float, ...]  # per layer
    tokens_per_second: float
    validation: Evaluation | None = None

    def __str__(self) -> str:
        firing = sum(self.firing_rates) / len(self.firing_rates)
        return (
            f"loss {self.nats_per_token:.3f}, perplexity {perplexity(self.nats_per_token):.1f}, "
            f"firing {firing:.1%}, {self.tokens_per_second:,.0f} tokens/s"
        )


class Trainer:
    """A model, its data and its optimizers; `train` runs to the last step."""

    def __init__(
        self,
        model: SpikingLM,
        config: TrainConfig,
        vocabulary: Vocabulary,
        windows: Windows,
        validation: Sequence[str],
        folder: Path,
        device: torch.device,
    ) -> None:
        self.model = model.to(device)
        self.config = config
        self._vocabulary = vocabulary
        self._windows = windows
        self._validation = validation
        self._folder = folder
        self._device = device
        self._optimize = Update(model, config)
        objective = Objective(model, config.target_firing, config.firing_weight)
        self._backprop = Backprop(
            objective, model, config, windows.batch, vocabulary.end_of_text, device
        )
        self._step = 0
        self._position = Position(0, 0)

    def train(self, on_progress: Callable[[Progress], None]) -> None:
        """Run to the last step; writes metrics and checkpoints into the run folder."""
        # TF32 products are exact here, see matmul_precision.
        with matmul_precision("high"):
            self._train(on_progress)

    def _train(self, on_progress: Callable[[Progress], None]) -> None:
        stream = self._windows.start(self._position)
        since, n_tokens = time.perf_counter(), 0
        while self._step < self.config.steps:
            measures = self._update(stream)
            self._step += 1
            n_tokens += self.config.accumulate * self.config.window * self._windows.batch
            evaluating = self._step % self.config.eval_every == 0 or self._step == self.config.steps
            if evaluating or self._step % _LOG_EVERY == 0:
                nats, *rates = measures.tolist()
                if not nats < float("inf"):
                    raise DataError(
                        f"step {self._step}: the loss is {nats}",
                        "lower --lr and --matrix-lr; a checkpoint before it is kept",
                    )
                speed = n_tokens / (time.perf_counter() - since)
                evaluation = self._evaluate() if evaluating else None
                self._report(
                    Progress(self._step, nats, tuple(rates), speed, evaluation), on_progress
                )
                since, n_tokens = time.perf_counter(), 0

    def _update(self, stream: Iterator[Window]) -> torch.Tensor:
        pieces = self.config.accumulate
        for i in range(pieces):
            window = next(stream)
            seed = (self.config.seed << 32) + self._step * pieces + i
            measures = self._backprop(window, seed, last=i + 1 == pieces)
            self._position = window.after
        self._optimize(self._step)
        return measures

    def _evaluate(self) -> Evaluation:
        self.save()
        network, host = lower(self.model, self._vocabulary.end_of_text)
        # The simulator uses all cores of a CPU; a GPU takes many documents at a time.
        score = partial(torch_score, device="cuda") if self._device.type == "cuda" else sim_score
        return evaluate(network, host, self._vocabulary, self._validation, score)

    def _report(self, progress: Progress, on_progress: Callable[[Progress], None]) -> None:
        row = {
            "step": progress.step,
            "train_nats_per_token": progress.nats_per_token,
            "firing_rates": progress.firing_rates,
            "learning_rate_factor": schedule(progress.step - 1, self.config),
            "tokens_per_second": progress.tokens_per_second,
        }
        if progress.validation:
            row["validation"] = progress.validation.to_json()
        with (self._folder / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        on_progress(progress)

    def save(self) -> None:
        """Write a checkpoint into the run folder."""
        state = self._backprop.state
        save_checkpoint(
            Checkpoint(
                self.model.config.to_json(),
                self.config.to_json(),
                self._step,
                (self._position.epoch, self._position.window),
                self.model.state_dict(),
                self._optimize.state_dicts(),
                [*state.v, *state.s],
                random_state(self._device),
            ),
            self._folder,
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to where a checkpoint stood."""
        state = self._backprop.state
        try:
            self.model.load_state_dict(checkpoint.model)
            self._optimize.load_state_dicts(checkpoint.optimizers)
            for piece, stored_piece in zip([*state.v, *state.s], checkpoint.state, strict=True):
                piece.copy_(stored_piece)
        except (RuntimeError, ValueError, KeyError) as error:
            raise CheckpointError(
                f"{self._folder}: its checkpoint does not fit the run", "train again"
            ) from error
        self._step, self._position = checkpoint.step, Position(*checkpoint.position)
        restore_random_state(checkpoint.random, self._device)
