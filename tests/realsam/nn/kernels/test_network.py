"""The fused network gives the plain path's spikes and its gradients."""

from dataclasses import fields

import pytest
import torch
from torch import Tensor

from realsam.nn.dropout import Dropout
from realsam.nn.kernels.network import play_fused
from realsam.nn.play import play_plain
from realsam.nn.population import Played, Population, ReadoutWeights, State
from tests import tiny

STEPS = 7


def even(draw: torch.Generator, *shape: int, scale: float = 30.0) -> Tensor:
    """Even integer weights."""
    return (torch.randn(shape, generator=draw) * scale).round().clamp(-127, 127) * 2


class Case:
    """A random network with an input, and gradients to send back."""

    def __init__(
        self,
        device: torch.device,
        layers: int,
        width: int,
        block: int | None,
        shape: tuple[int, int],
        dropout: float,
    ) -> None:
        draw = torch.Generator().manual_seed(layers * width + shape[0])
        tokens, batch = shape
        inputs, outputs = 16, 24
        self.device = device
        self.layers = [
            Population(
                even(draw, width, inputs + i * width),
                even(draw, width),
                None if block is None else even(draw, width // block, block, block),
                torch.randint(1, 4097, (width,), generator=draw).float(),
                torch.randint(1, 400, (width,), generator=draw).float(),
            )
            for i in range(layers)
        ]
        self.readout = ReadoutWeights(
            even(draw, outputs, inputs + layers * width), even(draw, outputs)
        )
        self.code = (torch.rand(tokens, batch, inputs, generator=draw) < 0.5).float()
        self.alive = (torch.rand(tokens, batch, generator=draw) > 0.2).float().to(device)
        self.state = State(
            tuple(even(draw, batch, width, scale=5000).to(device) for _ in range(layers)),
            tuple(
                (torch.rand(batch, width, generator=draw) < 0.2).float().to(device)
                for _ in range(layers)
            ),
        )
        seed = torch.tensor(12345678901, device=device)
        self.dropout = Dropout.of(seed, layers, dropout) if dropout else None
        self.weights = torch.randn(tokens, batch, outputs, generator=draw).to(device)
        self.rate_weights = torch.randn(layers, generator=draw).to(device)

    def leaf(self, x: Tensor | None) -> Tensor | None:
        """A copy whose gradient is wanted."""
        return None if x is None else x.to(self.device).clone().requires_grad_()

    def play(self, path: object, record: bool = True) -> tuple[Played, dict[str, Tensor]]:
        """Results and gradients of a path."""
        layers = [
            Population(*(self.leaf(getattr(p, f.name)) for f in fields(p))) for p in self.layers
        ]
        readout = ReadoutWeights(self.leaf(self.readout.weight), self.leaf(self.readout.constant))
        code = self.leaf(self.code)
        played = path(
            layers, readout, code, self.alive, self.state, STEPS, self.dropout, record=record
        )
        loss = (played.voltage * self.weights).sum() + 1e6 * (
            played.rates * self.rate_weights
        ).sum()
        loss.backward()
        named = {"code": code, "readout": readout.weight, "readout constant": readout.constant}
        for i, layer in enumerate(layers):
            named |= {f"{f.name} {i}": getattr(layer, f.name) for f in fields(layer)}
        return played, {name: x.grad for name, x in named.items() if x is not None}


CASES = [
    (1, 16, 16, (6, 3), 0.0),
    (3, 32, 16, (5, 3), 0.3),
    (2, 64, 64, (4, 17), 0.2),
    (2, 32, None, (4, 3), 0.2),
    (2, 48, 48, (3, 3), 0.2),  # a block that does not fit into the kernel
    (2, 24, 12, (3, 2), 0.2),
    (1, 24, None, (1, 1), 0.0),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_equals_the_plain_path(
    case: tuple[object, ...], device: torch.device, tolerance: float
) -> None:
    """Every spike, voltage and carried state; gradients within rounding."""
    example = Case(device, *case)

    expected, wanted = example.play(play_plain)
    actual, found = example.play(play_fused)

    assert torch.equal(expected.voltage, actual.voltage)
    pairs = zip(
        expected.fired + expected.state.v + expected.state.s,
        actual.fired + actual.state.v + actual.state.s,
        strict=True,
    )
    assert all(torch.equal(a, b) for a, b in pairs)
    assert expected.rates.tolist() == pytest.approx(actual.rates.tolist())
    assert any(spikes.any() for spikes in actual.fired)
    assert wanted.keys() == found.keys()
    for name, gradient in wanted.items():
        difference = (found[name] - gradient).norm() / gradient.norm().clamp_min(1e-9)
        assert difference < tolerance, name


@pytest.mark.parametrize("wiring", ["chain", "residual"])
def test_wirings_play_and_learn_alike(device: torch.device, tolerance: float, wiring: str) -> None:
    """Layers without a constant or with weights of zeros, and weights tied over their sources."""
    model = tiny.model(layers=3, width=32, code_bits=16, wiring=wiring).to(device)
    tokens, alive = torch.arange(30, device=device).view(10, 3), torch.ones(10, 3, device=device)
    found = []
    for path in (play_plain, play_fused):
        model.zero_grad()
        layers, readout = model.integers()
        code, state = (model.embedding > 0).float()[tokens], State.zeros(layers, 3, device)
        played = path(layers, readout, code, alive, state, STEPS)
        model.loss(played.voltage, tokens)[0].backward()
        grads = {name: p.grad.clone() for name, p in model.layers.named_parameters()}
        found.append((played, grads))

    (expected, wanted), (actual, grads) = found
    assert torch.equal(expected.voltage, actual.voltage)
    assert expected.rates.tolist() == pytest.approx(actual.rates.tolist())
    for name, gradient in wanted.items():
        difference = (grads[name] - gradient).norm() / gradient.norm().clamp_min(1e-9)
        assert difference < tolerance, name


def test_state_joins_two_windows(device: torch.device) -> None:
    """Six tokens are two and four."""
    case = Case(device, 2, 32, 16, (6, 3), 0.0)
    code = case.code.to(device)
    layers = [
        Population(*(None if x is None else x.to(device) for x in vars(p).values()))
        for p in case.layers
    ]
    readout = ReadoutWeights(case.readout.weight.to(device), None)

    whole = play_fused(layers, readout, code, case.alive, case.state, STEPS)
    first = play_fused(layers, readout, code[:2], case.alive[:2], case.state, STEPS)
    second = play_fused(layers, readout, code[2:], case.alive[2:], first.state, STEPS)

    assert torch.equal(whole.voltage, torch.cat([first.voltage, second.voltage]))


def test_spikes_are_recorded_on_request(device: torch.device) -> None:
    """Training does not pay for them."""
    assert Case(device, 1, 16, 16, (2, 2), 0.0).play(play_fused, record=False)[0].fired == ()
