"""The loss on CPU threads equals the plain one, with and without a teacher."""

import pytest
import torch

from realsam.nn.cpu.cross_entropy import threaded_loss
from realsam.nn.labels import Labels
from realsam.nn.loss import plain_loss, window_loss

TOLERANCE = 1e-5


def example(count: int, words: int, share: float) -> tuple[list[torch.Tensor], object, object]:
    """Readouts, decoder and bias; targets; labels."""
    draw = torch.Generator().manual_seed(count)
    decode = (torch.randn(words, 16, generator=draw) * 60).round().clamp(-127, 127) / 256
    q, ids = torch.randn(count, words, generator=draw).mul(2).softmax(-1).topk(4)
    leaves = [
        torch.randn(count, 16, generator=draw),
        decode,
        torch.randn(words, generator=draw),
    ]
    labels = Labels(ids.int(), q.half(), share) if share else None
    return leaves, torch.randint(words, (count,), generator=draw), labels


@pytest.mark.parametrize("share", [0.0, 0.7, 1.0])
@pytest.mark.parametrize(("count", "words"), [(1, 8), (37, 50), (64, 33)])
def test_equals_the_plain_loss(
    count: int, words: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loss, nats, and gradients of readout, decoder and bias; one task and several."""
    monkeypatch.setattr("realsam.nn.cpu.cross_entropy._TOKENS", 16)
    values, targets, labels = example(count, words, share)

    results = []
    for path in (plain_loss, threaded_loss):
        leaves = [x.clone().requires_grad_() for x in values]
        loss, nats = path(*leaves, targets, labels)
        (3 * loss).backward()
        results.append((loss.item(), nats.item(), [x.grad for x in leaves]))

    (loss, nats, wanted), (threaded, threaded_nats, found) = results
    assert threaded == pytest.approx(loss, rel=TOLERANCE)
    assert threaded_nats == pytest.approx(nats, rel=TOLERANCE)
    for expected, actual in zip(wanted, found, strict=True):
        assert (expected - actual).norm() / expected.norm() < TOLERANCE


def test_loss_without_gradients() -> None:
    """An evaluation does not form them."""
    values, targets, labels = example(20, 30, 0.5)

    with torch.no_grad():
        loss, nats = threaded_loss(*values, targets, labels)

    expected = plain_loss(*values, targets, labels)
    assert loss.item() == pytest.approx(expected[0].item())
    assert nats.item() == pytest.approx(expected[1].item())


def test_windows_on_a_cpu_take_this_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one door to all of them."""
    values, targets, _ = example(5, 6, 0.0)
    monkeypatch.setattr("realsam.nn.cpu.cross_entropy.threaded_loss", lambda *args: len(args))

    assert window_loss(*values, targets) == 5
