"""The training loop: windows in, checkpoints and metrics out."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from realsam.errors import CheckpointError
from realsam.evaluation import Evaluation, evaluate
from realsam.ir import perplexity
from realsam.lower import lower
from realsam.nn.labels import Labels
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
from realsam.train.ending import ended
from realsam.train.objective import Objective
from realsam.train.optimize import Update, schedule
from realsam.train.parallel import ALONE, Processes
from realsam.train.runs import METRICS
from realsam.train.watch import (
    LayerWatch,
    check_losses,
    check_parameters,
    enough_memory,
    warning,
)
from realsam.vocab import Vocabulary
from sim.scoring import score as sim_score

_LOG_EVERY = 10  # steps; reading a loss back stops the device for a moment


@dataclass(frozen=True)
class Progress:
    """What the training has to say after some steps."""

    step: int
    nats_per_token: float  # mean since the last report
    firing_rates: tuple[float, ...]  # per layer, mean since the last report
    tokens_per_second: float
    validation: Evaluation | None = None
    layer_changes: tuple[tuple[str, str], ...] = ()  # layers that became dead, saturated, firing
    ended: str = ""  # why the run is over, if it is

    def __str__(self) -> str:
        firing = sum(self.firing_rates) / len(self.firing_rates)
        return (
            f"loss {self.nats_per_token:.3f}, perplexity {perplexity(self.nats_per_token):.1f}, "
            f"firing {firing:.1%}, {self.tokens_per_second:,.0f} tokens/s"
        )

    def warnings(self) -> list[str]:
        """One line per layer that changed."""
        rates = {f"layer{i}": rate for i, rate in enumerate(self.firing_rates, 1)}
        return [warning(name, condition, rates[name]) for name, condition in self.layer_changes]


class Trainer:
    """A model, its data and its optimizers; `train` runs to the last step.

    With several processes, each has a Trainer of its own; all do the same calls.
    """

    def __init__(
        self,
        model: SpikingLM,
        config: TrainConfig,
        vocabulary: Vocabulary,
        windows: Windows,
        validation: Sequence[str],
        folder: Path,
        device: torch.device,
        processes: Processes = ALONE,
        teacher: Labels | None = None,
    ) -> None:
        self.config = config
        self._vocabulary = vocabulary
        self._windows = windows
        self._validation = validation
        self._folder = folder
        self._device = device
        self._processes = processes
        self._streams = processes.share(windows.batch)
        with enough_memory(config, windows.batch, processes, device):
            self.model = model.to(device)
            self._optimize = Update(model, config)
            self._backprop = Backprop(
                processes.wrap(Objective(model, config, processes)),
                model,
                config,
                self._streams.stop - self._streams.start,
                vocabulary.end_of_text,
                device,
                teacher,
            )
        self._measured: list[torch.Tensor] = []  # one per window since the last report
        self._layers = LayerWatch()
        self._scores: dict[int, float] = {}  # validations in nats per token, by step
        self._step = 0
        self._saved_step: int | None = None
        self._position = Position(0, 0)

    def train(self, on_progress: Callable[[Progress], None]) -> None:
        """Run until the run is over; writes metrics and checkpoints into its folder.

        Every process hears of the progress; only the main one of validations.

        Raises:
            TrainingError: if the training diverges or runs out of memory.
        """
        # TF32 products are exact here, see matmul_precision.
        with (
            matmul_precision("high"),
            enough_memory(self.config, self._windows.batch, self._processes, self._device),
        ):
            self._train(on_progress)

    def _train(self, on_progress: Callable[[Progress], None]) -> None:
        stream = self._windows.start(self._position, self._streams)
        since = time.perf_counter()
        while self._step < self.config.steps:
            self._update(stream)
            self._step += 1
            evaluating = self._step % self.config.eval_every == 0 or self._step == self.config.steps
            if evaluating or self._step % _LOG_EVERY == 0:
                progress = self._progress(since, evaluating)
                self._log(progress)
                if evaluating:
                    self.save()  # after its row: a resumed run knows all of its validations
                on_progress(progress)
                since = time.perf_counter()
                if progress.ended:
                    break
        self._processes.barrier()  # the main one has written the last checkpoint

    def _progress(self, since: float, evaluating: bool) -> Progress:
        n_tokens = len(self._measured) * self.config.window * self._windows.batch
        nats, *rates = self._read()
        speed = n_tokens / (time.perf_counter() - since)
        evaluation = self._evaluate() if evaluating else None
        changes = tuple(self._layers.changes(rates).items())
        over = self._ended(evaluation) if evaluating else ""
        return Progress(self._step, nats, tuple(rates), speed, evaluation, changes, over)

    def _update(self, stream: Iterator[Window]) -> None:
        pieces = self.config.accumulate
        for i in range(pieces):
            window = next(stream)
            seed = self._processes.seed(self.config.seed, self._step * pieces + i)
            last = i + 1 == pieces
            measures = self._backprop(window, seed, last)
            self._measured.append(measures.clone())
            self._position = window.after
        self._optimize(self._step)

    def _read(self) -> list[float]:
        """Mean loss and firing rates since the last report, over all processes."""
        per_window = self._processes.mean(torch.stack(self._measured)).double().cpu()
        self._measured.clear()
        columns = per_window.shape[1]
        per_step = per_window.reshape(-1, self.config.accumulate, columns).mean(1)
        first = self._step + 1 - len(per_step)
        losses, size = per_step[:, 0].tolist(), self.model.config.vocab_size
        check_losses(losses, first, size, self._cure())
        return [float(mean) for mean in per_step.mean(0)]

    def _cure(self) -> str:
        cure = "start a new run with a lower --lr and --matrix-lr"
        if self._saved_step is None:
            return cure
        return f"{cure}; the checkpoint of step {self._saved_step} is kept"

    def _evaluate(self) -> Evaluation | None:
        check_parameters(self.model, self._step, self._cure())
        if not self._processes.is_main:
            return None
        network, host = lower(self.model, self._vocabulary.end_of_text)
        # The simulator uses all cores of a CPU; a GPU takes many documents at a time.
        score = partial(torch_score, device="cuda") if self._device.type == "cuda" else sim_score
        return evaluate(network, host, self._vocabulary, self._validation, score)

    def _ended(self, evaluation: Evaluation | None) -> str:
        """Why the run is over, as the main process finds it."""
        if evaluation:
            self._scores[self._step] = evaluation.nats_per_token
        return self._processes.from_main(ended(self.config, self._step, self._scores))

    def _log(self, progress: Progress) -> None:
        row = {
            "step": progress.step,
            "train_nats_per_token": progress.nats_per_token,
            "firing_rates": progress.firing_rates,
            "learning_rate_factor": schedule(progress.step - 1, self.config),
            "tokens_per_second": progress.tokens_per_second,
        }
        if progress.layer_changes:
            row["layer_changes"] = dict(progress.layer_changes)
        if progress.validation:
            row["validation"] = progress.validation.to_json()
            row["target_firing"] = self.config.targets(self.model.config.layers)
            row["frozen"] = self.model.frozen()
        if progress.ended:
            row["ended"] = progress.ended
        if self._processes.is_main:
            with (self._folder / METRICS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    def save(self) -> None:
        """Write a checkpoint into the run folder; every process must call it.

        Raises:
            TrainingError: if a parameter is not finite; the checkpoint before is kept.
            CheckpointError: if the folder is not writable.
        """
        check_parameters(self.model, self._step, self._cure())
        state, gather = self._backprop.state, self._processes.gather
        random = random_state(self._device)
        checkpoint = Checkpoint(
            self.model.config.to_json(),
            self.config.to_json(),
            self._step,
            (self._position.epoch, self._position.window),
            self.model.state_dict(),
            self._optimize.state_dicts(),
            [gather(piece) for piece in (*state.v, *state.s)],
            {name: gather(own[None]) for name, own in random.items()},
        )
        if self._processes.is_main:
            save_checkpoint(checkpoint, self._folder)
        self._saved_step = self._step

    def restore(self, checkpoint: Checkpoint, scores: Mapping[int, float]) -> None:
        """Go back to where a checkpoint stood; the number of processes may be another.

        Args:
            checkpoint: of this run.
            scores: its validations up to there, in nats per token, by step.

        Raises:
            CheckpointError: if it belongs to another model or other streams.
        """
        state = self._backprop.state
        try:
            self.model.load_state_dict(checkpoint.model)
            self._optimize.load_state_dicts(checkpoint.optimizers)
            for piece, whole in zip([*state.v, *state.s], checkpoint.state, strict=True):
                if len(whole) != self._windows.batch:
                    raise ValueError("another number of streams")
                piece.copy_(whole[self._streams])
            self._restore_random(checkpoint.random, checkpoint.step)
        except (RuntimeError, ValueError, KeyError) as error:
            raise CheckpointError(
                f"{self._folder}: its checkpoint does not fit the run", "train again"
            ) from error
        self._step, self._position = checkpoint.step, Position(*checkpoint.position)
        self._saved_step = checkpoint.step
        self._scores = dict(scores)

    def _restore_random(self, stored: dict[str, torch.Tensor], step: int) -> None:
        # A process that was not there before starts a sequence of its own.
        torch.manual_seed(self._processes.seed(self.config.seed, step))
        rank = self._processes.rank
        own = {name: states[rank] for name, states in stored.items() if rank < len(states)}
        restore_random_state(random_state(self._device) | own, self._device)
