"""The fused loss equals the plain one, with and without a teacher."""

import pytest
import torch

from realsam.nn.kernels.cross_entropy import fused_loss
from realsam.nn.labels import Labels
from realsam.nn.loss import plain_loss


@pytest.mark.parametrize("share", [0.0, 0.7, 1.0])
@pytest.mark.parametrize(("tokens", "words"), [(1, 8), (37, 50), (64, 33)])
def test_equals_the_plain_loss(
    tokens: int,
    words: int,
    share: float,
    device: torch.device,
    tolerance: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Loss, nats, and gradients of readout, decoder and bias; programs take several tokens."""
    monkeypatch.setattr("realsam.nn.kernels.cross_entropy._PROGRAMS", 16)
    draw = torch.Generator().manual_seed(tokens)
    z = torch.randn(tokens, 16, generator=draw)
    decode = (torch.randn(words, 16, generator=draw) * 60).round().clamp(-127, 127) / 256
    bias = torch.randn(words, generator=draw)
    targets = torch.randint(words, (tokens,), generator=draw).to(device)
    q, ids = torch.randn(tokens, words, generator=draw).mul(2).softmax(-1).topk(4)
    labels = Labels(ids.int().to(device), q.half().to(device), share) if share else None

    results = []
    for path in (plain_loss, fused_loss):
        leaves = [x.to(device).clone().requires_grad_() for x in (z, decode, bias)]
        loss, nats = path(*leaves, targets, labels)
        (3 * loss).backward()
        results.append((loss.item(), nats.item(), [x.grad for x in leaves]))

    (loss, nats, wanted), (fused, fused_nats, found) = results
    assert fused == pytest.approx(loss, rel=tolerance)
    assert fused_nats == pytest.approx(nats, rel=tolerance)
    for expected, actual in zip(wanted, found, strict=True):
        assert (expected - actual).norm() / expected.norm() < tolerance
