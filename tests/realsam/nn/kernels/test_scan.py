"""One layer at the edges of the registers: the kernel's arithmetic is that of `fixedpoint`."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realsam.fixedpoint import STATE_MAX
from realsam.nn.dropout import Dropout, kept
from realsam.nn.kernels.layer import LayerScan
from realsam.nn.lif import SPIKE, lif_tokens
from realsam.nn.population import Population

N = 16
VOLTAGES = [0, 1, -1, 63, -64, 4095, -4096, 2**22, STATE_MAX, -STATE_MAX, STATE_MAX - 1]
SUMS = [0, 1, -1, 2**17 - 1, 2**17, -(2**17), -(2**17) - 1, 400_000, -400_000]
DECAYS = [0, 1, 2, 2047, 2048, 4094, 4095, 4096]
THRESHOLDS = [1, 256, 131071]

quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def column(values: list[int], low: int, high: int) -> st.SearchStrategy[list[int]]:
    """One number per neuron, edges first."""
    one = st.sampled_from(values) | st.integers(low, high)
    return st.lists(one, min_size=N, max_size=N)


@quick
@given(
    v=column(VOLTAGES, -STATE_MAX, STATE_MAX),
    sums=st.lists(column(SUMS, -(2**19), 2**19), min_size=2, max_size=3),
    dv=column(DECAYS, 0, 4096),
    vth=column(THRESHOLDS, 1, 131071),
    steps=st.sampled_from([1, 2, 10, 62]),
)
def test_voltages_and_spikes_equal_the_plain_layer(
    device: torch.device,
    v: list[int],
    sums: list[list[int]],
    dv: list[int],
    vth: list[int],
    steps: int,
) -> None:
    """Decay, wrap, clip and threshold, from any voltage."""
    layer = Population(
        torch.empty(0),
        None,
        None,
        torch.tensor(dv, dtype=torch.float32, device=device),
        torch.tensor(vth, dtype=torch.float32, device=device),
    )
    alive = torch.ones(len(sums), 1, device=device)
    a = torch.tensor(sums, dtype=torch.float32, device=device)[:, None]
    start = torch.tensor([v], dtype=torch.float32, device=device)
    quiet = torch.zeros_like(start)
    expected, end = lif_tokens(
        a, None, layer.dv, layer.vth, start, quiet, alive[..., None], steps, SPIKE
    )

    key = torch.zeros((), dtype=torch.int64, device=device)
    scan = LayerScan(layer, alive, steps, key, 0.0)
    heard, count = torch.empty_like(a), torch.zeros((), dtype=torch.int32, device=device)
    scan.forward(a, start, quiet, heard, count)

    assert torch.equal(expected, heard)
    assert torch.equal(end, start)
    assert int(expected.sum()) == int(count)


@pytest.mark.parametrize("batch", [1, 5, 33])
def test_dropout_masks_are_those_of_the_plain_path(device: torch.device, batch: int) -> None:
    """Neurons that always fire show the mask."""
    tokens, n = 3, 40
    ones = torch.ones(n, device=device)
    layer = Population(torch.empty(0), None, None, ones * 4096, ones)
    masks = Dropout.of(torch.tensor(99, device=device), 2, 0.25)
    a = torch.full((tokens, batch, n), 100.0, device=device)
    heard, rest = torch.empty_like(a), torch.zeros(batch, n, device=device)

    scan = LayerScan(layer, torch.ones(tokens, batch, device=device), 3, masks.keys[1], masks.p)
    scan.forward(a, rest.clone(), rest.clone(), heard, torch.zeros_like(masks.keys[0]).int())

    assert torch.equal(kept(masks.keys[1], (tokens, batch, n), 0.25).float(), heard)
