"""Training of teachers: many epochs over little text, the best copy is kept.

Rows of packed documents, a document never hears another one, so training and use see the same:
every document starts cold. Muon moves the matrices and AdamW the embedding, both at one rate that
falls along a cosine. On CUDA the blocks are compiled, once for all layers and members.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from realsam.errors import DataError
from realsam.nn.precision import matmul_precision
from realsam.train.muon import Muon
from realsam.train.teacher.ensemble import Ensemble, quick
from realsam.train.teacher.model import Teacher, TeacherConfig
from realsam.train.teacher.packing import IGNORED, Rows, packed
from realsam.train.teacher.text import Text


@dataclass(frozen=True)
class TeacherTraining:
    """How to train a teacher."""

    epochs: int = 24
    batch: int = 64  # rows of one context
    lr: float = 3e-3
    weight_decay: float = 0.1
    warmup: float = 0.02  # share of the training
    clip: float = 1.0  # gradient norm
    eval_every: int = 1  # epochs
    seconds: float = math.inf  # per member; the schedule ends with them. Not reproducible
    seed: int = 0  # of the first member; the others follow
    compiled: bool = True  # on CUDA

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "eval_every"):
            if getattr(self, name) < 1:
                raise DataError(f"{name} = {getattr(self, name)} is below 1", "use at least 1")
        for name in ("lr", "clip", "seconds", "warmup"):
            if not getattr(self, name) > 0:
                raise DataError(
                    f"{name} = {getattr(self, name)} is not positive", "use a positive number"
                )
        if not self.weight_decay >= 0:
            raise DataError(f"weight_decay = {self.weight_decay} is not 0 or more", "use 0")
        if not 0 <= self.seed < 1 << 63:
            raise DataError(f"seed = {self.seed} is outside 0..2**63-1", "choose one in it")

    def to_json(self) -> dict[str, object]:
        """Plain values for a config file."""
        values = asdict(self)
        return values | {"seconds": None if math.isinf(self.seconds) else self.seconds}


@dataclass(frozen=True)
class Epoch:
    """What the training has to say after an epoch."""

    seed: int
    epoch: int  # counted from 1
    train_nats: float  # per token, with dropout
    held_out_nats: float  # per token
    tokens_per_second: float  # of training

    def __str__(self) -> str:
        return (
            f"epoch {self.epoch}: loss {self.train_nats:.3f}, held-out {self.held_out_nats:.4f} "
            f"nats per token, {self.tokens_per_second:,.0f} tokens/s"
        )


class EnsembleTraining:
    """Teachers with different seeds, trained one after the other."""

    def __init__(
        self,
        config: TeacherConfig,
        training: TeacherTraining,
        members: int,
        text: Text,
        held_out: Text,
    ) -> None:
        self.config = config
        self.training = training
        self.members = members
        self.text = text
        self.held_out = held_out
        self._trainers: list[_Trainer] = []

    def run(
        self, on_epoch: Callable[[Epoch], None], on_share: Callable[[float], None] | None = None
    ) -> None:
        """Train all members; whatever ends it, `best` holds what there is.

        Args:
            on_epoch: hears of every evaluation.
            on_share: hears which share of all is over, 0..1.

        Raises:
            DataError: if a member diverges before its first evaluation.
        """
        device = self.text.tokens.device
        for i in range(self.members):

            def tell(share: float, i: int = i) -> None:
                if on_share:
                    on_share((i + share) / self.members)

            training = replace(self.training, seed=self.training.seed + i)
            with torch.random.fork_rng([device] if device.type == "cuda" else []):
                torch.manual_seed(training.seed)
                self._trainers.append(_Trainer(self.config, training, self.text, self.held_out))
                self._trainers[-1].train(on_epoch, tell)
            self._trainers[-1].rest()

    @property
    def best(self) -> list[Teacher]:
        """Of each member the copy that was best on the held-out text, if it was evaluated."""
        return [trainer.best for trainer in self._trainers if trainer.best]


class _Trainer:
    """A teacher, its optimizers, and its best copy."""

    def __init__(
        self, config: TeacherConfig, training: TeacherTraining, text: Text, held_out: Text
    ) -> None:
        self._training = training
        self._text = text
        self._held_out = held_out
        self._device = text.tokens.device
        self._model, self._copy, self._spare = (Teacher(config).to(self._device) for _ in range(3))
        self.best: Teacher | None = None
        self._best_nats = math.inf
        matrices = [p for block in self._model.blocks for p in block.parameters()]
        lr, decay = training.lr, training.weight_decay
        self._optimizers: list[torch.optim.Optimizer] = [
            Muon(matrices, lr, weight_decay=decay),
            torch.optim.AdamW([self._model.embedding], lr, betas=(0.9, 0.95), weight_decay=decay),
        ]
        self._nats: Callable[[Teacher, Tensor, Tensor], Tensor] = next_token_nats
        if training.compiled and self._device.type == "cuda" and find_spec("triton"):
            self._compile()

    def _compile(self) -> None:
        """Block by block: one compilation serves all layers and all members."""
        for block in self._model.blocks:
            block.compile(dynamic=False)
        self._nats = torch.compile(next_token_nats, dynamic=False)

    def train(self, on_epoch: Callable[[Epoch], None], on_share: Callable[[float], None]) -> None:
        """Run all epochs, or until the time is over."""
        clock, epochs = _Clock(self._training), self._training.epochs
        for epoch in range(1, epochs + 1):
            nats, speed = self._epoch(epoch, clock, on_share)
            last = clock.progress(epoch) >= 1 or not math.isfinite(nats)
            if last or epoch % self._training.eval_every == 0:
                held_out = self._evaluate()
                on_epoch(Epoch(self._training.seed, epoch, nats, held_out, speed))
            if last:
                break
        if self.best is None:
            raise DataError(f"epoch {epoch}: the loss is {nats}", "start again with a lower --lr")

    def rest(self) -> None:
        """Forget all but the best copy."""
        del self._model, self._copy, self._spare, self._optimizers, self._nats

    def _epoch(
        self, epoch: int, clock: "_Clock", on_share: Callable[[float], None]
    ) -> tuple[float, float]:
        """Returns nats per token and tokens per second."""
        rng = np.random.default_rng((self._training.seed, epoch))
        context = self._model.config.context
        batches = list(packed(self._text, context, self._training.batch, rng))
        self._model.train()
        total, n = torch.zeros((), device=self._device), 0
        since, before = time.perf_counter(), 0
        while n < len(batches) and (done := clock.progress(epoch - 1 + n / len(batches))) < 1:
            total += self._step(batches[n], self._training.lr * schedule(done, self._training))
            n += 1
            on_share(done)
            if not clock.running:
                total.item()  # wait until everything is compiled
                clock.start()
                since, before = time.perf_counter(), n
        nats = total.item() / max(1, n)
        n_tokens = self._text.n_predictions * (n - before) / len(batches)
        return nats, n_tokens / (time.perf_counter() - since)

    def _step(self, rows: Rows, lr: float) -> Tensor:
        with quick(self._device):
            hidden = self._model(rows.tokens, rows.allowed())
            nats = self._nats(self._model, hidden, rows.targets)
        with matmul_precision("high"):
            nats.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), self._training.clip)
        for optimizer in self._optimizers:
            optimizer.param_groups[0]["lr"] = lr
            optimizer.step()
        self._model.zero_grad()
        return nats.detach()

    def _evaluate(self) -> float:
        """Held-out nats of a copy that is not compiled; it is kept if it is the best."""
        self._copy.load_state_dict(self._model.state_dict())
        nats = float(Ensemble([self._copy]).nats(self._held_out)[0])
        if nats < self._best_nats:
            self.best, self._copy = self._copy, self.best or self._spare
            self._best_nats = nats
        return nats


class _Clock:
    """Which share of a training is over, by epochs or by time, whatever is further."""

    def __init__(self, training: TeacherTraining) -> None:
        self._training = training
        self._since: float | None = None

    @property
    def running(self) -> bool:
        """Does time count?"""
        return self._since is not None

    def start(self) -> None:
        """From now on."""
        self._since = time.perf_counter()

    def progress(self, epochs: float) -> float:
        """After so many epochs; 1 is the end."""
        spent = 0.0 if self._since is None else time.perf_counter() - self._since
        return max(epochs / self._training.epochs, spent / self._training.seconds)


def schedule(progress: float, training: TeacherTraining) -> float:
    """Factor on the learning rate: linear warm-up under a cosine down to zero."""
    return min(1.0, progress / training.warmup) * 0.5 * (1 + math.cos(math.pi * progress))


def next_token_nats(model: Teacher, hidden: Tensor, targets: Tensor) -> Tensor:
    """Mean nats of the targets [B, T] under hidden states [B, T, d]."""
    logits = model.logits(hidden).flatten(0, 1)
    return cross_entropy(logits, targets.flatten(), ignore_index=IGNORED)
