"""Playing layers in torch: the state, the resets, the dropout."""

import numpy as np
import pytest
import torch

from realsam.ir import to_network
from realsam.nn.backend import TorchNetwork
from realsam.nn.dropout import Dropout
from realsam.nn.play import play
from realsam.nn.population import Played
from tests import strategies


@pytest.fixture
def engine() -> TorchNetwork:
    """A network of two layers."""
    return TorchNetwork(to_network(strategies.token_clock(np.random.default_rng(5), width=20)))


def played(
    engine: TorchNetwork, code: torch.Tensor, alive: torch.Tensor, dropout: float = 0.0
) -> Played:
    """Play from rest and record."""
    state, steps = engine.start(code.shape[1]), engine.network.steps_per_token
    masks = Dropout.of(torch.tensor(3), len(engine.layers), dropout) if dropout else None
    return play(engine.layers, engine.readout, code, alive, state, steps, masks, record=True)


def code_of(engine: TorchNetwork, tokens: int, batch: int = 2) -> torch.Tensor:
    """Random input spikes [T, B, M]."""
    draw = torch.Generator().manual_seed(0)
    shape = (tokens, batch, engine.network.input.size)
    return (torch.rand(shape, generator=draw) < 0.5).float()


def test_state_at_rest_is_zero(engine: TorchNetwork) -> None:
    """Voltages and spikes of every layer."""
    state = engine.start(3)

    assert [tuple(v.shape) for v in state.v] == [(3, 20)] * 2
    assert not any(piece.any() for piece in (*state.v, *state.s))
    assert len({piece.data_ptr() for piece in (*state.v, *state.s)}) == 4  # written one by one


def test_state_is_cut_off_from_the_gradient(engine: TorchNetwork) -> None:
    """Back-propagation ends at the window."""
    code = code_of(engine, 4).requires_grad_()

    result = played(engine, code, torch.ones(4, 2))

    assert result.fired[0].requires_grad
    assert not any(piece.requires_grad for piece in (*result.state.v, *result.state.s))


def test_reset_starts_from_rest(engine: TorchNetwork) -> None:
    """A stream that is reset at token 3 goes on like a new one, the other does not notice."""
    code, alive = code_of(engine, 8), torch.ones(8, 2)
    alive[3, 0] = 0

    both = played(engine, code, alive)
    fresh = played(engine, code[3:, :1], torch.ones(5, 1))
    other = played(engine, code[:, 1:], torch.ones(8, 1))

    assert torch.equal(fresh.voltage, both.voltage[3:, :1])
    assert torch.equal(other.voltage, both.voltage[:, 1:])
    assert all(torch.equal(a, b[3:, :1]) for a, b in zip(fresh.fired, both.fired, strict=True))


def test_dropout_keeps_the_spikes_that_it_hides(engine: TorchNetwork) -> None:
    """What a layer fires is counted; only the layers above do not hear it."""
    code, alive = code_of(engine, 8), torch.ones(8, 2)

    plain, dropped = played(engine, code, alive), played(engine, code, alive, dropout=0.9)

    assert torch.equal(plain.fired[0], dropped.fired[0])
    assert not torch.equal(plain.fired[1], dropped.fired[1])


def test_dropout_keeps_sums_integer(engine: TorchNetwork) -> None:
    """Spikes are not rescaled: voltages stay multiples of 64."""
    code, alive = code_of(engine, 8), torch.ones(8, 2)

    assert not (played(engine, code, alive, dropout=0.5).voltage % 64).any()
