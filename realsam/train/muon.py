"""Muon: momentum whose every matrix is made orthogonal, all matrices of a model at once.

`torch.optim.Muon` takes the matrices one by one, hundreds of small products a step, and cannot be
captured in a graph with a changing learning rate. Here matrices with equally many rows become one
batch, filled up with zero columns, which an orthogonalisation leaves zero. On a CPU each matrix is
a task of its own.
Sources: Jordan et al. 2024 (Muon; coefficients, 5 Newton-Schulz steps); Liu et al. 2025,
arXiv 2502.16982 (factor 0.2 sqrt(max(rows, columns)), so that Adam's learning rates fit).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from realsam.nn.cpu.pool import product, run

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5
_TILE = 128  # rows
_TINY = 1e-7  # added to norms


class Muon(Optimizer):
    """Muon over matrices [rows, columns] or stacks of them [..., rows, columns]."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float | Tensor,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Update all parameters that have a gradient."""
        assert closure is None
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            if params and params[0].device.type == "cpu":
                large_first = sorted(params, key=torch.numel, reverse=True)
                run([partial(self._update, [p], group) for p in large_first])
            else:
                self._update(params, group)

    def _update(self, params: list[Tensor], group: dict[str, Any]) -> None:
        updates = orthogonal([self._direction(p, group["momentum"]) for p in params])
        for p, update in zip(params, updates, strict=True):
            rate = group["lr"] * (0.2 * max(p.shape[-2:]) ** 0.5)
            if group["weight_decay"]:
                p.mul_(1 - group["lr"] * group["weight_decay"])
            p.sub_(update * rate)

    def _direction(self, p: Tensor, momentum: float) -> Tensor:
        """Nesterov momentum."""
        state = self.state[p]
        if not state:
            state["momentum"] = torch.zeros_like(p)
        assert p.grad is not None
        state["momentum"].lerp_(p.grad, 1 - momentum)
        return p.grad.lerp(state["momentum"], momentum)


def orthogonal(matrices: list[Tensor]) -> list[Tensor]:
    """The nearest matrices with singular values near 1, by Newton-Schulz iteration.

    Args:
        matrices: each [..., rows, columns].
    """
    if matrices and matrices[0].device.type == "cpu":
        return [_orthogonal_on_cpu(matrix) for matrix in matrices]
    buckets: dict[int, list[tuple[int, Tensor]]] = defaultdict(list)
    for i, matrix in enumerate(matrices):
        stack = matrix.reshape(-1, *matrix.shape[-2:])
        wide = stack.mT if stack.shape[-2] > stack.shape[-1] else stack
        buckets[wide.shape[-2]].append((i, wide))
    found: list[Tensor] = list(matrices)
    for members in buckets.values():
        length = max(stack.shape[-1] for _, stack in members)
        filled = [torch.nn.functional.pad(s, (0, length - s.shape[-1])) for _, s in members]
        result = _iterate(torch.cat(filled))
        first = 0
        for i, stack in members:
            part = result[first : first + len(stack), :, : stack.shape[-1]]
            first += len(stack)
            rows, columns = matrices[i].shape[-2:]
            found[i] = (part.mT if rows > columns else part).reshape(matrices[i].shape)
    return found


def _iterate(stack: Tensor) -> Tensor:
    """Orthogonalise a batch [S, rows, columns], rows <= columns."""
    a, b, c = _COEFFICIENTS
    x: Tensor = stack / (stack.norm(dim=(-2, -1), keepdim=True) + _TINY)
    x = x.bfloat16() if x.is_cuda else x
    for _ in range(_ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.to(stack.dtype)


def _orthogonal_on_cpu(matrix: Tensor) -> Tensor:
    rows, columns = matrix.shape[-2:]
    stack = matrix.reshape(-1, rows, columns)
    wide = stack if rows <= columns else stack.mT
    small = min(rows, columns) < _TILE
    result = _iterate(wide) if small else torch.stack([_by_gram(one) for one in wide])
    return (result if rows <= columns else result.mT).reshape(matrix.shape)


def _by_gram(matrix: Tensor) -> Tensor:
    """Orthogonalise [rows, columns], rows <= columns, with fewer operations than `_iterate`.

    All factors of the iteration are polynomials of one gram matrix: only that is iterated.
    """
    a, b, c = _COEFFICIENTS
    x = matrix.contiguous() / (matrix.norm() + _TINY)
    gram, whole = _symmetric_product(x, x), None
    for i in range(_ITERATIONS):
        factor = _symmetric_product(gram, gram).mul_(c).add_(gram, alpha=b)
        factor.diagonal().add_(a)
        whole = factor if whole is None else _symmetric_product(factor, whole)
        if i + 1 < _ITERATIONS:
            gram = _symmetric_product(_symmetric_product(factor, gram), factor)
    assert whole is not None
    return product(whole, x)


def _symmetric_product(a: Tensor, b: Tensor) -> Tensor:
    """The product a @ b.T, known to be symmetric: little more than half of the work."""
    result = torch.empty(len(a), len(a))
    for begin in range(0, len(a), _TILE):
        end = begin + _TILE
        result[begin:end, begin:] = product(a[begin:end], b[begin:].T)
        result[end:, begin:end] = result[begin:end, end:].T
    return result
