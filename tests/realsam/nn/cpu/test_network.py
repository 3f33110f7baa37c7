"""The network on CPU threads gives the plain path's spikes, voltages and gradients."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from realsam.nn.cpu.network import play_sparse
from realsam.nn.cpu.pool import one_torch_thread
from realsam.nn.dropout import Dropout
from realsam.nn.play import play, play_plain
from realsam.nn.population import Played, Population, ReadoutWeights, State

STEPS = 7
TOLERANCE = 1e-5  # of gradients, over their norm
CANCELLING = 1e-2  # where any weights are drawn: sums of a few large terms may nearly cancel
EDGES = torch.tensor([0, 1, -1, 63, 64, 4095, -4096, 2**23 - 1, 1 - 2**23, 2**22 + 1]).float()


@dataclass(frozen=True)
class Case:
    """A network and its input."""

    layers: list[Population]
    readout: ReadoutWeights
    code: Tensor
    alive: Tensor
    state: State
    dropout: Dropout | None = None
    tokens: Tensor | None = None

    def leaves(self) -> "Case":
        """Copies that collect gradients."""
        layers = [Population(*(leaf(getattr(p, f.name)) for f in fields(p))) for p in self.layers]
        readout = ReadoutWeights(leaf(self.readout.weight), leaf(self.readout.constant))
        return replace(self, layers=layers, readout=readout, code=leaf(self.code))

    def learned(self) -> dict[str, Tensor]:
        """Everything that has a gradient."""
        named = {"code": self.code, "readout": self.readout.weight}
        named["readout constant"] = self.readout.constant
        for i, layer in enumerate(self.layers):
            named |= {f"{f.name} {i}": getattr(layer, f.name) for f in fields(layer)}
        return {name: x for name, x in named.items() if x is not None}

    def play(self, path: object) -> Played:
        """What a path plays, recorded."""
        data = self.layers, self.readout, self.code, self.alive, self.state
        if path is play_plain and self.tokens is not None:
            code = torch.nn.functional.embedding(self.tokens, self.code)
            return play_plain(self.layers, self.readout, code, *data[3:], STEPS, self.dropout, True)
        more = {} if path is play_plain else {"tokens": self.tokens}
        played = path(*data, STEPS, self.dropout, record=True, **more)
        assert isinstance(played, Played)
        return played


def leaf(x: Tensor | None) -> Tensor | None:
    """A copy whose gradient is wanted."""
    return None if x is None else x.clone().requires_grad_()


def case(
    shape: tuple[int, int] = (6, 5),
    widths: tuple[int, ...] = (24, 24),
    block: int | None = 8,
    dropout: float = 0.0,
    loud: int = 1,
    constant: bool = True,
    seed: int = 0,
) -> Case:
    """Random weights; voltages and decays on their edges; `loud` constants make currents wrap."""
    draw = torch.Generator().manual_seed(seed)
    tokens, batch = shape
    inputs, outputs = 13, 9

    def even(*size: int, scale: float = 25.0) -> Tensor:
        return (torch.randn(size, generator=draw) * scale).round().clamp(-127, 127) * 2

    def some(values: Tensor, *size: int) -> Tensor:
        return values[torch.randint(len(values), size, generator=draw)]

    def bias(n: int) -> Tensor | None:
        return even(n) * loud if constant else None

    layers, heard = [], inputs
    for n in widths:
        registers = torch.randint(0, 2000, (n,), generator=draw).float()
        edge = torch.rand(n, generator=draw) < 0.3
        layers.append(
            Population(
                even(n, heard),
                bias(n),
                None if block is None else even(n // block, block, block),
                torch.where(edge, some(torch.tensor([0.0, 1, 4095, 4096]), n), registers),
                torch.randint(1, 500, (n,), generator=draw).float(),
            )
        )
        heard += n
    return Case(
        layers,
        ReadoutWeights(even(outputs, heard), bias(outputs)),
        (torch.rand(tokens, batch, inputs, generator=draw) < 0.5).float(),
        (torch.rand(tokens, batch, generator=draw) > 0.2).float(),
        State(
            tuple(some(EDGES, batch, n) for n in widths),
            tuple((torch.rand(batch, n, generator=draw) < 0.2).float() for n in widths),
        ),
        Dropout.of(torch.tensor(12345678901 + seed), len(widths), dropout) if dropout else None,
    )


def gradients(played: Played, given: Case) -> dict[str, Tensor]:
    """Of a loss that hears every readout and every rate differently."""
    draw = torch.Generator().manual_seed(1)
    loss = (played.voltage * torch.randn(played.voltage.shape, generator=draw)).sum()
    loss = loss + 1e6 * (played.rates * torch.randn(played.rates.shape, generator=draw)).sum()
    loss.backward()
    return {name: x.grad for name, x in given.learned().items()}


def assert_same_spikes(expected: Played, actual: Played) -> None:
    """Readout, spikes of all layers, carried state: to the last bit."""
    assert torch.equal(expected.voltage, actual.voltage)
    pairs = zip(
        expected.fired + expected.state.v + expected.state.s,
        actual.fired + actual.state.v + actual.state.s,
        strict=True,
    )
    assert all(torch.equal(a, b) for a, b in pairs)
    assert expected.rates.tolist() == pytest.approx(actual.rates.tolist())


def assert_equal(given: Case, tolerance: float = TOLERANCE) -> Played:
    """Both paths agree; gradients within rounding."""
    one, other = given.leaves(), given.leaves()
    expected, actual = one.play(play_plain), other.play(play_sparse)
    assert_same_spikes(expected, actual)
    wanted, found = gradients(expected, one), gradients(actual, other)
    for name, gradient in wanted.items():
        difference = (found[name] - gradient).norm() / gradient.norm().clamp_min(1e-9)
        assert difference < tolerance, name
    return actual


@pytest.fixture
def two_threads() -> Iterator[None]:
    """Tests run on one core, training on all."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"block": 24},
        {"block": 3},
        {"block": None},
        {"dropout": 0.3},
        {"constant": False},
        {"loud": 3000},
        {"widths": (16, 32, 8)},
        {"shape": (1, 1)},
        {"shape": (11, 1), "dropout": 0.2},
    ],
    ids=str,
)
def test_equals_the_plain_path(changes: dict[str, object]) -> None:
    """Blocks, no recurrence, dropout, wrapped currents, layers of several widths, one token."""
    assert any(spikes.any() for spikes in assert_equal(case(**changes)).fired)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), loud=st.sampled_from([1, 100, 3000]))
def test_equals_the_plain_path_on_random_networks(seed: int, loud: int) -> None:
    """Other weights, resets and start voltages each time."""
    assert_equal(case(dropout=0.2 * (seed % 2), loud=loud, seed=seed), CANCELLING)


def test_wrapped_currents_and_clipped_voltages_occur() -> None:
    """The cases above do reach them."""
    given = case(loud=3000)

    assert any((layer.constant.abs() >= 2**17).any() for layer in given.layers)
    assert any((v.abs() == 2**23 - 1).any() for v in given.play(play_sparse).state.v)


def test_tasks_share_the_streams(two_threads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven streams in four tasks on two threads, with the dropout of their places."""
    monkeypatch.setattr("realsam.nn.cpu.network._ROWS", 10)

    assert_equal(case(shape=(6, 7), dropout=0.3))


def test_threads_do_not_change_gradients(two_threads: None) -> None:
    """Twice the same to the last bit, also with torch kept on one core."""
    given = case(shape=(6, 7)).leaves()
    first = gradients(given.play(play_sparse), given)
    again = case(shape=(6, 7)).leaves()
    with one_torch_thread():
        second = gradients(again.play(play_sparse), again)

    assert all(torch.equal(gradient, second[name]) for name, gradient in first.items())


def test_tokens_name_rows_of_a_table() -> None:
    """Codes that occur often, once and never."""
    given = case(shape=(6, 5))
    draw = torch.Generator().manual_seed(2)
    table = (torch.rand(7, 13, generator=draw) < 0.5).float()
    tokens = torch.randint(5, (6, 5), generator=draw)

    assert_equal(replace(given, code=table, tokens=tokens))


def test_dense_input_follows_its_codes() -> None:
    """Without tokens each place has a code of its own, which needs no gradient."""
    given = case()
    played = replace(given.leaves(), code=given.code).play(play_sparse)

    played.voltage.sum().backward()

    assert given.code.grad is None


def test_state_is_handed_on_and_left_alone() -> None:
    """Six tokens are two and four; the state before is not written to."""
    given = case()
    before = [x.clone() for x in given.state.v + given.state.s]
    data = given.layers, given.readout

    whole = play_sparse(*data, given.code, given.alive, given.state, STEPS)
    first = play_sparse(*data, given.code[:2], given.alive[:2], given.state, STEPS)
    second = play_sparse(*data, given.code[2:], given.alive[2:], first.state, STEPS)

    assert torch.equal(whole.voltage, torch.cat([first.voltage, second.voltage]))
    assert all(map(torch.equal, before, given.state.v + given.state.s))


def test_spikes_are_recorded_on_request() -> None:
    """Training does not pay for them."""
    given = case()
    args = given.layers, given.readout, given.code, given.alive, given.state, STEPS

    assert play_sparse(*args).fired == ()


@pytest.mark.parametrize("weight", [256.0, 3.0])
def test_long_windows_of_other_weights_take_the_plain_path(weight: float) -> None:
    """Parallel synapses of one source can add up to more than a chip weight."""
    given = case(shape=(16, 5))
    given.layers[1].weight[0, 0] = weight

    played = given.play(play)

    args = given.layers, given.readout, given.code, given.alive, given.state, STEPS
    assert play_sparse(*args) is None
    assert_same_spikes(given.play(play_plain), played)


def test_long_windows_take_this_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short ones do not pay its preparation."""
    calls = []

    def seen(*args: object) -> Played | None:
        calls.append(args)
        return play_sparse(*args)

    monkeypatch.setattr("realsam.nn.cpu.network.play_sparse", seen)

    case(shape=(13, 5)).play(play)
    case(shape=(12, 5)).play(play)

    assert len(calls) == 1
