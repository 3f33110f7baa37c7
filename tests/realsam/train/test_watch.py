"""What goes wrong while training is told early, once, and by name."""

from math import inf, log, nan

import pytest
import torch

from realsam.errors import TrainingError
from realsam.train.config import TrainConfig
from realsam.train.parallel import ALONE, Processes
from realsam.train.watch import (
    LayerWatch,
    check_losses,
    check_parameters,
    enough_memory,
    warning,
)
from tests import tiny

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        ([5.0, nan, nan], "step 8: the loss is nan"),
        ([inf, 5.0], "step 7: the loss is inf"),
        ([5.0, 40.0], "step 8: the loss is 22.5 nats per token, above 3 ln(300) = 17.1"),
    ],
)
def test_bad_losses_name_the_step(losses: list[float], message: str) -> None:
    """The first that is not finite; else the last of those whose mean is too high."""
    with pytest.raises(TrainingError) as raised:
        check_losses(losses, 7, 300, "do something")

    assert raised.value.message == message
    assert raised.value.cure == "do something"


def test_rough_steps_are_no_explosion() -> None:
    """One step far out, and a start at the loss of a model that knows nothing."""
    check_losses([5.0, 30.0, 5.0], 1, 300, "")
    check_losses([log(300)], 1, 300, "")


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_parameters_that_are_not_finite_are_named(value: float) -> None:
    """With the step."""
    model = tiny.model()
    check_parameters(model, 3, "")
    with torch.no_grad():
        model.layers[1].rate[0] = value

    with pytest.raises(TrainingError, match=r"step 3: layers\.1\.rate is not finite; mend it"):
        check_parameters(model, 3, "mend it")


def test_each_change_of_a_layer_is_told_once() -> None:
    """Dead, saturated and back; the borders themselves are in order."""
    watch = LayerWatch()

    assert watch.changes([0.001, 0.6]) == {}
    assert watch.changes([0.0009, 0.1]) == {"layer1": "dead"}
    assert watch.changes([0.0, 0.61]) == {"layer2": "saturated"}
    assert watch.changes([0.0, 0.61]) == {}
    assert watch.changes([0.7, 0.1]) == {"layer1": "saturated", "layer2": "firing"}


@pytest.mark.parametrize(
    ("condition", "rate", "line"),
    [
        (
            "dead",
            0.0002,
            "layer3: dead, 0.02% spikes per neuron and token is below 0.1%; "
            "if it stays so, start a new run with a lower --lr and --matrix-lr",
        ),
        (
            "saturated",
            0.75,
            "layer3: saturated, 75.00% spikes per neuron and token is above 60%; "
            "if it stays so, start a new run with a lower --lr and --matrix-lr",
        ),
        ("firing", 0.05, "layer3: firing again, 5.00% spikes per neuron and token"),
    ],
)
def test_warning_is_one_line(condition: str, rate: float, line: str) -> None:
    """Layer, condition, rate, border, cure."""
    assert line == warning("layer3", condition, rate)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. ..."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:1] data. DefaultCPUAllocator: not enough "),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB, other allocations: 9 GB)"),
    ],
)
def test_every_lack_of_memory_is_recognised(error: Exception) -> None:
    """Each library has its own words."""
    if "not enough" in str(error):
        error = RuntimeError(f"{error}memory: you tried to allocate 9 bytes.")

    with (
        pytest.raises(TrainingError, match="cpu: out of memory with batch = 32, window = 32"),
        enough_memory(TrainConfig(batch=32, window=32), 32, ALONE, CPU),
    ):
        raise error


def test_lack_of_memory_behind_another_error_is_recognised() -> None:
    """A graph that runs out of memory while it is captured."""
    error = RuntimeError("CUDA error: operation failed during capture")
    error.__context__ = torch.OutOfMemoryError("CUDA out of memory.")

    with (
        pytest.raises(TrainingError, match="out of memory"),
        enough_memory(TrainConfig(), 256, ALONE, CPU),
    ):
        raise error


def test_other_errors_pass() -> None:
    """They are ours."""
    with (
        pytest.raises(RuntimeError, match="shapes"),
        enough_memory(TrainConfig(), 256, ALONE, CPU),
    ):
        raise RuntimeError("shapes do not fit")


@pytest.mark.parametrize(
    ("batch", "accumulate", "n", "cure"),
    [
        (256, 1, 1, "--batch 128 --accumulate 2"),
        (5, 2, 1, "--batch 2 --accumulate 4"),
        (12, 1, 4, "--batch 4 --accumulate 2"),
        (4, 1, 4, "--window 32 --accumulate 2"),
        (1, 3, 1, "--window 32 --accumulate 6"),
    ],
)
def test_half_the_memory_with_as_many_tokens(
    batch: int, accumulate: int, n: int, cure: str
) -> None:
    """Fewer streams, shared equally; where each process has a single one, shorter windows."""
    config = TrainConfig(batch=batch, accumulate=accumulate, window=64)

    with (
        pytest.raises(TrainingError) as raised,
        enough_memory(config, batch, Processes(rank=n - 1, n=n), CPU),
    ):
        raise MemoryError

    assert raised.value.cure == f"start a new run with {cure}"
    assert raised.value.message.startswith("cpu: " if n == 1 else f"cpu of process {n - 1}: ")
