"""The distillation loss: cross-entropy with a teacher's most probable tokens and their rest.

Source: Hinton, Vinyals and Dean 2015, at temperature 1, with the tail as one more class.
"""

import torch
from torch import Tensor

_LEAST = 1e-6  # probability of the tail; below it 1 - sum has no digits left in float32


def distillation_nats(logits: Tensor, ids: Tensor, probabilities: Tensor) -> Tensor:
    """Mean nats per token of a student under a teacher: -sum q log p over k tokens and the tail.

    Args:
        logits: [N, V] of the student, in nats.
        ids: [N, k] the tokens that the teacher names, each once, any integer type.
        probabilities: [N, k] what it gives them; what is missing to 1 belongs to all others.

    Returns:
        [] differentiable in the logits; its least value is the teacher's own entropy.
    """
    logits, q = logits.float(), probabilities.float()
    log_p = logits.gather(1, ids.long()) - logits.logsumexp(1, keepdim=True)
    rest = (1 - q.sum(1)).clamp(min=0)  # rounded to float16, the sum may pass 1
    log_rest = torch.log1p(-log_p.exp().sum(1).clamp(max=1 - _LEAST))
    return -((q * log_p).sum(1) + rest * log_rest).mean()
