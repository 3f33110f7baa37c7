"""What the host's kernels make of a case is compared, and what is wrong is found and named."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.campaign import host
from benchmarks.campaign.draw import draw
from benchmarks.campaign.host import host_differs
from realsam.ir import Sampler

CASES = 30


def first_difference() -> str:
    """Of the first cases."""
    return next(filter(None, (host_differs(draw(0, i)) for i in range(CASES))), "")


def test_no_case_differs() -> None:
    """Decoder, choice, scoring."""
    assert first_difference() == ""


def test_wrong_product_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sum that loses its upper bits."""
    right = host.int8_product
    monkeypatch.setattr(host, "int8_product", lambda m, y: right(m, y).astype(np.int32))

    assert first_difference().startswith("product[")


def test_wrong_choice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another token where two are as likely."""

    def other(sampler: Sampler) -> Sampler:
        return replace(sampler, choose=lambda logits, *_: int(logits.size - 1))

    monkeypatch.setattr(host, "fast_sampler", other)

    assert ": token " in first_difference()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: replace(s, nats=s.nats * 1.001 + 1e-3), "scoring: "),
        (lambda s: replace(s, n_spikes={n: k + 1 for n, k in s.n_spikes.items()}), "scoring, "),
    ],
    ids=["nats", "spikes"],
)
def test_wrong_score_is_found(change: Any, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One spike, a thousandth of a nat."""
    right = host.score
    monkeypatch.setattr(host, "score", lambda *a, **k: change(right(*a, **k)))

    assert first_difference().startswith(told)
