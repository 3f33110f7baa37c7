"""The distillation loss equals the dense cross-entropy of lumped distributions."""

import torch

from realsam.train.teacher.loss import distillation_nats

N, V, K = 7, 30, 5


def problem() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits [N, V], ids and probabilities [N, K] in the dtypes of labels."""
    generator = torch.Generator().manual_seed(2)
    logits = 3 * torch.randn(N, V, generator=generator)
    teacher = (3 * torch.randn(N, V, generator=generator)).softmax(-1)
    probabilities, ids = teacher.topk(K)
    return logits, ids.to(torch.int16), probabilities.half()


def dense(logits: torch.Tensor, ids: torch.Tensor, probabilities: torch.Tensor) -> torch.Tensor:
    """In float64 and in full: classes are the K tokens and all others together."""
    p, q = logits.double().softmax(-1), probabilities.double()
    named = torch.zeros(N, V, dtype=torch.bool).scatter(1, ids.long(), True)
    p_classes = torch.cat([p.gather(1, ids.long()), p.masked_fill(named, 0).sum(1)[:, None]], 1)
    q_classes = torch.cat([q, 1 - q.sum(1, keepdim=True)], 1)
    return -(q_classes * p_classes.log()).sum(1).mean()


def test_value_is_the_dense_one() -> None:
    """Within float32."""
    logits, ids, probabilities = problem()

    expected = dense(logits, ids, probabilities)

    torch.testing.assert_close(
        expected.float(), distillation_nats(logits, ids, probabilities), rtol=1e-6, atol=0
    )


def test_gradient_is_that_of_finite_differences() -> None:
    """Of the dense loss in float64, for every logit."""
    logits, ids, probabilities = problem()
    logits.requires_grad_()
    distillation_nats(logits, ids, probabilities).backward()
    expected, step = torch.zeros(N, V), 1e-5
    for n in range(N):
        for token in range(V):
            moved = torch.zeros(N, V, dtype=torch.float64)
            moved[n, token] = step
            with torch.no_grad():
                up = dense(logits + moved, ids, probabilities)
                down = dense(logits - moved, ids, probabilities)
            expected[n, token] = (up - down) / (2 * step)

    torch.testing.assert_close(expected, logits.grad, rtol=1e-4, atol=1e-6)


def test_teacher_itself_is_the_minimum() -> None:
    """Where the student has the teacher's probabilities the gradient vanishes."""
    p = torch.randn(N, V, generator=torch.Generator().manual_seed(4)).softmax(-1)
    probabilities, ids = p.topk(K)
    logits = p.log().requires_grad_()

    distillation_nats(logits, ids, probabilities).backward()

    torch.testing.assert_close(torch.zeros(N, V), logits.grad, rtol=0, atol=1e-7)


def test_certain_student_and_teacher_stay_finite() -> None:
    """No tail left on either side, or a sum that rounding lifted above 1."""
    ids = torch.arange(K).expand(N, K)
    for probabilities in (torch.full((N, K), 0.2001), torch.full((N, K), 0.1)):
        logits = torch.full((N, V), -80.0)
        logits[:, :K] = 40.0
        logits.requires_grad_()

        nats = distillation_nats(logits, ids, probabilities.half())
        nats.backward()

        assert nats.isfinite()
        assert logits.grad is not None
        assert logits.grad.isfinite().all()
