"""Tasks on threads, and torch on one core."""

import threading
from collections.abc import Iterator
from functools import partial

import pytest
import torch

from realsam.nn.cpu.pool import one_torch_thread, product, run, shares


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    """Whatever the test run has."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_results_come_in_order() -> None:
    """More tasks than threads."""
    assert run([partial(pow, i, 2) for i in range(10)]) == [i * i for i in range(10)]


def test_no_tasks() -> None:
    """Nothing comes of nothing."""
    assert run([]) == []


@pytest.mark.parametrize("threads", [1, 3])
def test_tasks_have_one_torch_thread_and_no_gradients(threads: int) -> None:
    """The caller keeps its own."""
    torch.set_num_threads(threads)
    weight = torch.ones(2, requires_grad=True)

    seen = run([lambda: (torch.get_num_threads(), (weight * 2).requires_grad)] * 6)

    assert seen == [(1, False)] * 6
    assert torch.get_num_threads() == threads
    assert torch.is_grad_enabled()


def test_tasks_run_side_by_side() -> None:
    """Three that wait for each other."""
    barrier = threading.Barrier(3)

    assert sorted(run([partial(barrier.wait, 20)] * 3)) == [0, 1, 2]


def test_error_of_a_task_reaches_the_caller() -> None:
    """As it was raised."""
    with pytest.raises(ZeroDivisionError):
        run([lambda: 1 // 0, lambda: 1])


def test_one_torch_thread_leaves_the_tasks_theirs() -> None:
    """Inside a block torch has one, also where blocks nest; after it the old number."""
    with one_torch_thread(), one_torch_thread():
        assert torch.get_num_threads() == 1
        assert len(list(shares(100))) == 3

    assert torch.get_num_threads() == 3


@pytest.mark.parametrize(("count", "at_least"), [(1, 1), (2, 1), (10, 1), (10, 4), (5, 100)])
def test_shares_cover_everything_once(count: int, at_least: int) -> None:
    """None is empty, and there are enough of them."""
    found = list(shares(count, at_least))

    assert [i for span in found for i in range(count)[span]] == list(range(count))
    assert all(span.stop > span.start for span in found)
    assert len(found) >= min(count, at_least)


@pytest.mark.parametrize("onednn", [True, False])
def test_product_is_exact_for_integers(onednn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of strided and of transposed matrices, with and without a bias."""
    if onednn and not torch.backends.mkldnn.is_available():
        pytest.skip("torch was built without oneDNN")
    monkeypatch.setattr("realsam.nn.cpu.pool._onednn", lambda: onednn)
    draw = torch.Generator().manual_seed(0)
    a, b, bias = (torch.randint(-99, 99, s, generator=draw).float() for s in [(7, 9), (6, 5), (5,)])
    expected = a.double()[:, 3:] @ b.double()

    assert torch.equal(expected.float(), product(a[:, 3:], b))
    assert torch.equal(expected.float(), product(a[:, 3:], b.T.contiguous().T))
    assert torch.equal((expected + bias).float(), product(a[:, 3:], b, bias))
