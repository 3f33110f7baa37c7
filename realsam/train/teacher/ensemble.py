"""Ensembles: teachers with different seeds whose probabilities are averaged."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from itertools import islice
from math import log

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from realsam.nn.precision import matmul_precision
from realsam.train.parallel import ALONE, Processes
from realsam.train.teacher.model import Teacher, TeacherConfig
from realsam.train.teacher.text import Batch, Text

BATCH_TOKENS = 1 << 14  # scored at a time; their logits take 4 * vocab_size bytes each
# cuDNN's attention builds a plan for every new shape.
_ATTENTION = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]


@contextmanager
def quick(device: torch.device) -> Iterator[None]:
    """On CUDA products in bfloat16, where autocast takes them, and else in TF32."""
    with (
        matmul_precision("high"),
        sdpa_kernel(_ATTENTION),
        torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"),
    ):
        yield


class Ensemble:
    """One teacher or more, of one configuration."""

    def __init__(self, members: Sequence[Teacher]) -> None:
        assert members
        assert len({member.config for member in members}) == 1
        self.members = [member.eval() for member in members]

    @property
    def config(self) -> TeacherConfig:
        """Sizes of a member."""
        return self.members[0].config

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.members[0].embedding.device

    @torch.no_grad()
    def nats(self, text: Text, on_done: Callable[[int, int], None] | None = None) -> Tensor:
        """Mean nats per token [members + 1], each alone and then the ensemble.

        Every document starts cold with the end-of-text token, and every token is scored, the
        closing end-of-text included. `on_done` hears how many tokens of how many are scored.
        """
        found, done = [], 0
        for batch in self._batches(text):
            found.append(self._log_p(text, batch))
            done += len(batch.numbers)
            if on_done:
                on_done(done, text.n_predictions)
        log_p = torch.cat(found, dim=1)
        joint = log_p.logsumexp(0, keepdim=True) - log(len(self.members))
        return -torch.cat([log_p, joint]).cpu().double().mean(1)

    @torch.no_grad()
    def predictions(
        self, text: Text, processes: Processes = ALONE
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Numbers [n] of predictions and their probabilities [n, V], all in the end, unordered.

        Of several processes each gives its share of them.
        """
        for batch in islice(self._batches(text), processes.rank, None, processes.n):
            with quick(self.device):
                logits = (m.logits(m(batch.tokens)[batch.kept]) for m in self.members)
                probabilities = mixed(logits)
            yield batch.numbers, probabilities

    def _log_p(self, text: Text, batch: Batch) -> Tensor:
        """Log-probabilities [members, n] of the tokens that really follow."""
        targets = text.tokens[batch.numbers + 1][:, None]
        found = []
        with quick(self.device):
            for member in self.members:
                logits = member.logits(member(batch.tokens)[batch.kept])
                found.append(logits.gather(1, targets)[:, 0] - logits.logsumexp(1))
        return torch.stack(found)

    def _batches(self, text: Text) -> Iterator[Batch]:
        return text.batches(self.config.context, BATCH_TOKENS)


def mixed(logits: Iterable[Tensor]) -> Tensor:
    """Mean of the probabilities that members' logits [..., V] stand for."""
    probabilities = [part.softmax(-1) for part in logits]
    return reduce(torch.add, probabilities) / len(probabilities)
