"""Triton kernel: from logits to the loss and to their gradients, in one pass and in place.

The gradient of a logit is p minus the wanted distribution: (1 - share) of it on the target, share
of it the teacher's, whose rest has the proportions of p.
Sources: Hinton, Vinyals and Dean 2015, arXiv 1503.02531; `realsam.nn.loss` is the plain equal.
"""

import triton
import triton.language as tl


@triton.jit
def softmax(
    logits_ptr,  # [M, V] factors: become their gradients
    bias_ptr,  # [V] float32
    target_ptr,  # [M] int64
    ids_ptr,  # [M, K] int32: the teacher's most likely tokens
    probability_ptr,  # [M, K] float16: of the teacher
    nats_ptr,  # [M] float32: receives -log p[target]
    loss_ptr,  # [M] float32: receives the loss
    bias_grad_ptr,  # [programs, V] float32: receives sums over tokens
    share,
    M,
    V,
    WIDTH: tl.constexpr,
    K: tl.constexpr,
):
    """Take every n-th of M tokens, n being the number of programs."""
    word = tl.arange(0, WIDTH)
    inside = word < V
    bias = tl.load(bias_ptr + word, inside, float("-inf"))
    bias_grad = tl.zeros((WIDTH,), tl.float32)
    first = tl.program_id(0).to(tl.int64)
    row, labels_at = logits_ptr + first * V, first * K
    for m in range(tl.program_id(0), M, tl.num_programs(0)):
        logits = tl.load(row + word, inside, 0.0).to(tl.float32) + bias
        top = tl.max(logits, 0)
        p = tl.exp(logits - top)
        total = tl.sum(p, 0)
        p = p / total
        log_total = tl.log(total) + top
        target = tl.load(target_ptr + m)
        nats = log_total - tl.sum(tl.where(word == target, logits, 0.0), 0)
        loss = nats
        wanted = tl.where(word == target, 1.0, 0.0)
        if K > 0:
            rank = tl.arange(0, K)
            ids = tl.load(ids_ptr + labels_at + rank)
            q = tl.load(probability_ptr + labels_at + rank).to(tl.float32)
            likely = tl.load(row + ids).to(tl.float32) + tl.load(bias_ptr + ids) - log_total
            p_rest = tl.maximum(1.0 - tl.sum(tl.exp(likely), 0), 1e-6)
            q_rest = tl.maximum(1.0 - tl.sum(q, 0), 0.0)
            divergence = -tl.sum(q * likely, 0) - q_rest * tl.log(p_rest)
            loss = (1 - share) * nats + share * divergence
            wanted = (1 - share) * wanted + share * q_rest / p_rest * p
            tl.debug_barrier()  # all have read the row
        grad = p - wanted
        tl.store(row + word, grad.to(logits_ptr.dtype.element_ty), inside)
        if K > 0:
            tl.debug_barrier()  # the row stands, now correct the likely tokens
            grad_likely = tl.exp(likely) - share * q - (1 - share) * (ids == target).to(tl.float32)
            tl.store(row + ids, grad_likely.to(logits_ptr.dtype.element_ty))
            tl.debug_barrier()
            grad = tl.load(row + word, inside, 0.0).to(tl.float32)
        bias_grad += grad
        tl.store(nats_ptr + m, nats)
        tl.store(loss_ptr + m, loss)
        row += tl.num_programs(0).to(tl.int64) * V
        labels_at += tl.num_programs(0) * K
    tl.store(bias_grad_ptr + tl.program_id(0) * V + word, bias_grad, inside)
