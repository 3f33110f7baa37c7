"""The transformer: it is causal, and one token at a time gives what all at once give."""

from typing import Any

import pytest
import torch

from realsam.errors import DataError
from realsam.train.teacher.model import TeacherConfig
from tests.realsam.train.teacher import small


def tokens(streams: int = 3, length: int = 12) -> torch.Tensor:
    """Random tokens [streams, length]."""
    shape = streams, length
    return torch.randint(0, 20, shape, generator=torch.Generator().manual_seed(1))


def test_later_tokens_are_not_heard() -> None:
    """Hidden states before the last token do not know it."""
    model, ids = small.teacher(), tokens()
    other = ids.clone()
    other[:, -1] = (ids[:, -1] + 1) % 20

    assert torch.equal(model(ids)[:, :-1], model(other)[:, :-1])
    assert not torch.allclose(model(ids)[:, -1], model(other)[:, -1])


def test_order_is_heard() -> None:
    """Positions turn the keys: two tokens that change places change what follows."""
    model, ids = small.teacher(), tokens()

    assert not torch.allclose(model(ids)[:, -1], model(ids[:, [1, 0, *range(2, 12)]])[:, -1])


@torch.no_grad()
def test_steps_give_what_all_at_once_give() -> None:
    """Every stream at a position of its own; one begins again on the way."""
    model, ids = small.teacher(), tokens()
    whole, at = model(ids), torch.tensor([0, 0, 0])
    cache = model.memory(at, torch.float32)

    for t in range(20):
        if t == 8:
            at[1] = 0
        rows = torch.arange(3)[at < 12]
        hidden = model.step(ids[torch.arange(3), at.clamp(max=11)], at.clamp_(max=11), cache)
        torch.testing.assert_close(whole[rows, at[rows]], hidden[rows])
        at += 1


def test_dropout_is_for_training() -> None:
    """Eval mode is a function; train mode is not."""
    model, ids = small.teacher(), tokens()

    assert torch.equal(model(ids), model(ids))
    model.train()
    assert not torch.equal(model(ids), model(ids))


def test_logits_are_float32_under_autocast() -> None:
    """Products in bfloat16 would round them to 0.03 nats."""
    model = small.teacher()
    with torch.autocast("cpu", torch.bfloat16):
        hidden = model(tokens())
        logits = model.logits(hidden)

    assert logits.dtype == torch.float32
    assert torch.equal(hidden.float() @ model.embedding.T, logits)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": 0}, "layers = 0 is below 1"),
        ({"context": 1}, "context = 1 is below 2"),
        ({"dropout": 1.0}, "dropout = 1.0 is outside 0..1"),
        ({"width": 18, "heads": 6}, "width = 18 is no multiple of 2 * heads = 12"),
    ],
)
def test_impossible_size_is_refused(changes: dict[str, Any], message: str) -> None:
    """By name, with the value."""
    with pytest.raises(DataError) as caught:
        TeacherConfig(**{"vocab_size": 20, **changes})

    assert caught.value.message == message
    assert caught.value.cure
