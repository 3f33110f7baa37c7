"""Mechanisms that a chip lacks, folded into integers: what the folds mean, and where exactly."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from realsam.nn.config import ModelConfig
from realsam.nn.layer import Layer, spread, start
from realsam.nn.lif import SPIKE, lif_tokens
from realsam.nn.population import Population
from realsam.nn.quantize import even_weight

T, B, N, BITS = 20, 3, 16, 8


def config(**mechanisms: object) -> ModelConfig:
    """Layers of 16 that hear 8 bits."""
    sizes = {"layers": 3, "width": N, "vocab_size": 300, "code_bits": BITS, "groups": 4}
    return ModelConfig.of(**sizes | mechanisms)


def layer(seed: int, **mechanisms: object) -> Layer:
    """The first layer of a model, with a constant."""
    torch.manual_seed(seed)
    made = Layer(config(**mechanisms), 0)
    with torch.no_grad():
        made.constant.normal_(std=0.3)
    return made


def spikes(population: Population, seed: int = 0) -> Tensor:
    """What it fires when its input lines flicker."""
    draw = torch.Generator().manual_seed(seed)
    code = (torch.rand(T, B, BITS, generator=draw) < 0.5).float()
    a = torch.nn.functional.linear(code, population.weight, population.constant)
    own, still = population.own, torch.zeros(B, N)
    registers = population.dv, population.vth, still, still, torch.ones(T, B, 1)
    with torch.no_grad():
        return lif_tokens(a, own, *registers, 7, SPIKE)[0]


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), powers=st.lists(st.integers(-2, 2), min_size=N, max_size=N))
def test_threshold_of_a_neuron_is_a_gain_on_all_that_it_hears(seed: int, powers: list[int]) -> None:
    """Where nothing is rounded: weights on a coarse grid, powers of two, memoryless voltages."""
    own = torch.tensor([2.0**power for power in powers])
    folded = layer(seed, homeostasis=True)
    with torch.no_grad():
        folded.rate.fill_(3.0)
        folded.threshold.fill_(0.125)
        for weight in (folded.weight, folded.constant, folded.recurrent):
            weight.copy_((weight.clamp(-0.2, 0.2) * 32).round() / 32)
    plain = folded.integers((), None)
    unfolded = Population(plain.weight, plain.constant, plain.recurrent, plain.dv, 32 * own)
    folded.thresholds.copy_(own)

    fired = spikes(folded.integers((), None), seed)

    assert torch.equal(spikes(unfolded, seed), fired)
    assert fired.any()


@pytest.mark.parametrize("place", [0, 1, 2])
def test_stream_is_the_sum_of_what_the_gates_let_in(place: int) -> None:
    """Weights per source, and one matrix on the sum of all sources."""
    torch.manual_seed(place)
    setup = config(wiring="residual", gates=True)
    weight = start(setup, place, N).detach().double()
    code, fired = torch.rand(BITS).double(), torch.rand(place, N).double().round()
    shares = list(torch.rand(place, N).double())

    found = spread(weight, setup, shares) @ torch.cat([code, *fired])

    stream = sum((share * s for share, s in zip(shares, fired, strict=True)), start=0)
    expected = weight[:, :BITS] @ code
    if place:
        expected += weight[:, BITS:] @ stream
    torch.testing.assert_close(expected, found)


def test_open_gates_give_every_source_the_same_integers() -> None:
    """A stream without gates: the weights from all layers are one matrix."""
    setup = config(wiring="residual")
    weight = even_weight(spread(start(setup, 2, N), setup, [None, None]))

    first, second = weight[:, BITS:].split(N, 1)

    assert torch.equal(first, second)


def test_chain_is_silent_about_all_but_the_layer_before() -> None:
    """Zeros in the kernels of training, nothing on the chip."""
    setup = config(wiring="chain")

    weight = spread(start(setup, 2, N), setup, [None, None])

    assert not weight[:, : BITS + N].any()
    assert weight[:, BITS + N :].all()


def test_gain_of_a_neuron_scales_its_row_alone() -> None:
    """Weights, recurrence and constant; the others keep theirs."""
    made = layer(0, gains=True)
    before = made.integers((), None)
    with torch.no_grad():
        made.gain[3] = 0.0

    after = made.integers((), None)

    others = torch.arange(N) != 3
    for was, now in (
        (before.weight, after.weight),
        (before.own, after.own),
        (before.constant[:, None], after.constant[:, None]),
    ):
        assert torch.equal(was[others], now[others])
        assert was[3].any()
        assert not now[3].any()


def test_stress_raises_the_gain_of_sensitive_neurons_most() -> None:
    """1 + environment * stress * sensitivity, before rounding."""
    made = layer(0, environment=0.5, diversity=0.3)
    with torch.no_grad():
        made.weight.fill_(0.2)  # no integer reaches its limit
    sums = [
        made.integers((), torch.tensor(stress)).weight.abs().sum(1) for stress in (0.0, 0.5, 1.0)
    ]

    ratio = sums[2] / sums[0]
    expected = 1 + 0.5 * made.sensitivity
    assert all((low < high).all() for low, high in pairwise(sums))
    torch.testing.assert_close(ratio, expected, rtol=0.05, atol=0.02)


def test_with_and_without_environment_start_alike() -> None:
    """An ablation differs in nothing else."""
    with_, without = (layer(4, environment=e, diversity=0.3) for e in (0.5, 0.0))

    assert all(map(torch.equal, with_.state_dict().values(), without.state_dict().values()))


def test_diversity_is_fixed() -> None:
    """Its factors are stored and no parameters, log-normal around 1."""
    torch.manual_seed(0)
    made = Layer(ModelConfig.of(1, 4096, 300, diversity=0.3), 0)

    logs = made.excitability.log()
    assert {"excitability", "sensitivity"} == dict(made.named_buffers()).keys()
    assert logs.mean().item() == pytest.approx(0, abs=0.02)
    assert logs.std().item() == pytest.approx(0.3, abs=0.01)


def test_diverse_time_constants_share_the_registers_of_their_group() -> None:
    """As many decays as groups, further apart than without diversity."""
    plain, diverse = (layer(0, diversity=d).integers((), None).dv.detach() for d in (0.0, 0.5))

    assert len(set(diverse.tolist())) == len(set(plain.tolist())) == 4
    assert diverse[0] > plain[0]
    assert diverse[-1] < plain[-1]


def test_without_mechanisms_nothing_is_stored_for_them() -> None:
    """Checkpoints of before have these parameters and load."""
    assert list(layer(0).state_dict()) == ["weight", "constant", "recurrent", "rate", "threshold"]
