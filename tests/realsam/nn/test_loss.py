"""The loss of a window, against its definition in float64."""

import pytest
import torch

from realsam.nn.labels import Labels
from realsam.nn.loss import window_loss


def example(words: int = 12, k: int = 4) -> tuple[torch.Tensor, ...]:
    """Readout, decoder, bias, targets, and a teacher's full distribution."""
    draw = torch.Generator().manual_seed(0)
    z, decode = torch.randn(7, 5, generator=draw), torch.randn(words, 5, generator=draw)
    bias, targets = torch.randn(words, generator=draw), torch.randint(words, (7,), generator=draw)
    return z, decode, bias, targets, torch.randn(7, words, generator=draw).softmax(-1)


def test_without_a_teacher_it_is_the_cross_entropy() -> None:
    """Of the next tokens."""
    z, decode, bias, targets, _ = example()

    loss, nats = window_loss(z, decode, bias, targets)

    expected = torch.nn.functional.cross_entropy(z @ decode.T + bias, targets).item()
    assert loss.item() == nats.item() == pytest.approx(expected)


def test_teacher_shares_in_the_loss() -> None:
    """The tokens that it does not name count as one."""
    z, decode, bias, targets, teacher = example()
    q, ids = teacher.topk(4)

    loss, nats = window_loss(z, decode, bias, targets, Labels(ids.int(), q.half(), 0.7))

    p = (z.double() @ decode.double().T + bias).softmax(-1)
    rest = 1 - p.gather(-1, ids).sum(-1), 1 - q.double().sum(-1)
    named = -(q.double() * p.gather(-1, ids).log()).sum(-1)
    divergence = (named - rest[1] * rest[0].log()).mean()
    assert loss.item() == pytest.approx((0.3 * nats + 0.7 * divergence).item(), rel=1e-3)


def test_a_perfect_student_has_no_gradient() -> None:
    """If the teacher names every token."""
    z, decode, bias, targets, _ = example()
    logits = (z @ decode.T + bias).requires_grad_()
    q, ids = logits.detach().softmax(-1).topk(12)
    eye = torch.eye(12)

    loss, _ = window_loss(logits, eye, torch.zeros(12), targets, Labels(ids.int(), q.float(), 1.0))
    (gradient,) = torch.autograd.grad(loss, logits)

    assert gradient.abs().max() < 1e-6


def test_certain_teacher_and_student_stay_finite() -> None:
    """No logarithm of zero where the rest has no probability."""
    logits = torch.tensor([[100.0, 0.0, 0.0]], requires_grad=True)
    labels = Labels(torch.tensor([[0]], dtype=torch.int32), torch.tensor([[1.0]]).half(), 1.0)

    loss, _ = window_loss(logits, torch.eye(3), torch.zeros(3), torch.tensor([0]), labels)
    loss.backward()

    assert loss.item() == pytest.approx(0.0, abs=1e-6)
    assert logits.grad.isfinite().all()
