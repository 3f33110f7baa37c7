"""Muon: torch's own steps, and matrices made orthogonal."""

import pytest
import torch

from realsam.train.muon import Muon, _iterate, orthogonal

SHAPES = [(64, 80), (64, 144), (32, 200), (100, 40), (16, 16)]


def test_steps_are_those_of_torch() -> None:
    """Up to torch's bfloat16; the matrices have other sizes and are batched here."""
    torch.manual_seed(0)
    ours = [torch.nn.Parameter(torch.randn(shape)) for shape in SHAPES]
    theirs = [torch.nn.Parameter(p.detach().clone()) for p in ours]
    pair = (
        Muon(ours, lr=1e-2, weight_decay=0.1),
        torch.optim.Muon(theirs, lr=1e-2, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"),
    )

    for _ in range(5):
        for a, b in zip(ours, theirs, strict=True):
            a.grad = torch.randn_like(a)
            b.grad = a.grad.clone()
        for optimizer in pair:
            optimizer.step()

    for a, b in zip(ours, theirs, strict=True):
        assert ((a - b).norm() / b.norm()).item() < 1e-3


@pytest.mark.parametrize("shape", [*SHAPES, (3, 16, 16), (2, 10, 30)])
def test_singular_values_come_near_one(shape: tuple[int, ...]) -> None:
    """Of every matrix of a stack."""
    torch.manual_seed(0)

    (result,) = orthogonal([torch.randn(shape)])

    values = torch.linalg.svdvals(result)
    assert result.shape == torch.Size(shape)
    assert values.min() > 0.3
    assert values.max() < 1.3


@pytest.mark.parametrize("shape", [(130, 200), (300, 140), (128, 128), (2, 150, 150)])
def test_gram_matrix_gives_the_iteration(shape: tuple[int, ...]) -> None:
    """Large matrices on a CPU, of which most singular values nearly vanish."""
    torch.manual_seed(0)
    rows, columns = shape[-2:]
    matrix = torch.randn(*shape[:-1], 20) @ torch.randn(20, columns) + torch.randn(shape) / 100
    wide = matrix if rows <= columns else matrix.mT

    (result,) = orthogonal([matrix])

    expected = _iterate(wide.double().reshape(-1, *wide.shape[-2:])).reshape(wide.shape)
    expected = expected if rows <= columns else expected.mT
    assert ((result - expected).norm() / expected.norm()).item() < 1e-3


def test_company_changes_nothing() -> None:
    """A matrix among others, filled up to their width, gives what it gives alone."""
    torch.manual_seed(0)
    matrices = [torch.randn(shape) for shape in SHAPES]

    together = orthogonal(matrices)

    for matrix, result in zip(matrices, together, strict=True):
        assert torch.allclose(orthogonal([matrix])[0], result, atol=1e-4)


def test_zero_gradient_moves_nothing() -> None:
    """No division by its norm."""
    parameter = torch.nn.Parameter(torch.ones(4, 4))
    parameter.grad = torch.zeros(4, 4)

    Muon([parameter], lr=1.0).step()

    assert parameter.tolist() == torch.ones(4, 4).tolist()
