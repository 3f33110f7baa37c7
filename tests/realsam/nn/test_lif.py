"""The forward of the LIF layers is the integer arithmetic, to the last bit."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from snntorch import surrogate

from realsam import fixedpoint
from realsam.arrays import I64, U8
from realsam.ir import Input, Layer, TokenClock, readout_layer, to_network
from realsam.nn.lif import current, decay, exact_dtype, lif_tokens, voltage
from sim.reference import Reference
from tests import strategies
from tests.strategies import DECAY_EDGES, STATE_EDGES, decays, states

DTYPES = (torch.float64, torch.float32)
# Around one wrap (2**17) and up to the three halves turns that a single wrap can mend.
SUMS = (0, 1, -1, 2**17 - 1, 2**17, 2**17 + 1, -(2**17), -(2**17) - 1, 393215, -393215)
ATAN = surrogate.atan(alpha=2.0)
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=["float64", "float32"])


def keep(dv: I64, dtype: torch.dtype) -> torch.Tensor:
    """The share that decay leaves."""
    return (4096 - torch.tensor(dv, dtype=dtype)) / 4096


@every_dtype
def test_decay_equals_fixedpoint_on_the_edges(dtype: torch.dtype) -> None:
    """Every pair of an edge state and an edge decay."""
    x, k = np.array(list(product(STATE_EDGES, DECAY_EDGES)), np.int64).T

    result = decay(torch.tensor(x, dtype=dtype), keep(k, dtype))

    assert fixedpoint.decay(x, k).tolist() == result.tolist()


@every_dtype
def test_decay_equals_fixedpoint_for_every_register(dtype: torch.dtype) -> None:
    """All 4097 decays, each with states of all magnitudes."""
    rng = np.random.default_rng(0)
    k = np.repeat(np.arange(4097), 40)
    x = rng.integers(-(2**23) + 1, 2**23, k.size) >> rng.integers(0, 23, k.size)

    result = decay(torch.tensor(x, dtype=dtype), keep(k, dtype))

    assert np.array_equal(fixedpoint.decay(x, k), result.numpy())


@every_dtype
def test_current_equals_wrap(dtype: torch.dtype) -> None:
    """Sums around the wrap, shifted by 6."""
    result = current(torch.tensor(SUMS, dtype=dtype))

    assert fixedpoint.wrap(np.array(SUMS) << 6).tolist() == result.tolist()


@every_dtype
@given(v=states(), dv=decays(), a=st.sampled_from(SUMS), steps=st.integers(1, 12))
def test_voltage_equals_numpy(dtype: torch.dtype, v: int, dv: int, a: int, steps: int) -> None:
    """Decays, wrap and clip together."""
    expected = fixedpoint.clip(
        fixedpoint.decay_steps(np.array(v), dv, steps) + fixedpoint.wrap(np.array(a << 6))
    )

    result = voltage(
        torch.tensor(v, dtype=dtype),
        torch.tensor(a, dtype=dtype),
        keep(np.array(dv), dtype),
        steps,
    )

    assert int(expected) == int(result)


@every_dtype
def test_voltage_clips_at_both_ends(dtype: torch.dtype) -> None:
    """The largest voltage and the largest current, of one sign."""
    v, a = torch.tensor([2.0**23 - 1, 1 - 2.0**23], dtype=dtype), torch.tensor([1e5, -1e5])

    result = voltage(v, a.to(dtype), torch.tensor(1.0, dtype=dtype), steps=1)

    assert result.tolist() == [2**23 - 1, -(2**23) + 1]


@pytest.mark.parametrize(
    ("device", "dtype"),
    [("cpu", torch.float64), ("cuda", torch.float64), ("mps", torch.float32)],
)
def test_registers_are_exact_on_every_device(device: str, dtype: torch.dtype) -> None:
    """MPS has no float64."""
    assert dtype == exact_dtype(torch.device(device))


class Case:
    """One recurrent layer with registers on the edges, and several streams of documents."""

    def __init__(self, seed: int, n: int = 6, lines: int = 4, batch: int = 3) -> None:
        rng = np.random.default_rng(seed)
        self.steps = int(rng.integers(3, 9))
        self.weight = strategies.weights(rng, n, lines + n)
        self.dv = strategies.edged(rng, (0, 1, 4095, 4096), 1500, n)
        self.vth = strategies.edged(rng, (1, 131071), 600, n)
        layer = Layer("layer", self.dv, self.vth, ("in", "layer"), self.weight)
        silent = readout_layer("readout", ("layer",), np.zeros((1, n), np.int16))
        self.network = to_network(TokenClock(Input("in", lines), (layer, silent), self.steps))
        self.spikes = rng.integers(0, 2, (20, batch, lines), dtype=np.uint8)
        self.alive = (rng.random((20, batch, 1)) < 0.8).astype(np.float32)

    def expected(self, stream: int) -> tuple[U8, I64]:
        """Spikes [T, N] of one stream, and the voltages after its last token's threshold."""
        fired, engine = [], Reference(self.network)
        for row, alive in zip(self.spikes[:, stream], self.alive[:, stream, 0], strict=True):
            if not alive:
                engine = Reference(self.network)
            fired.append(engine.token(row)[0][self.network.spans["layer"]])
        return np.array(fired), engine.state["layer"].v

    def play(
        self, tokens: slice = slice(None), state: tuple[torch.Tensor, ...] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The same in torch, for some of the tokens."""
        lines = self.spikes.shape[-1]
        weight = torch.tensor(self.weight, dtype=torch.float32)
        a = torch.tensor(self.spikes[tokens], dtype=torch.float32) @ weight[:, :lines].T
        v, s = state or (torch.zeros(a.shape[1:]), torch.zeros(a.shape[1:]))
        dv, vth = (torch.tensor(x, dtype=torch.float32) for x in (self.dv, self.vth))
        alive = torch.tensor(self.alive[tokens])
        return lif_tokens(a, weight[:, lines:], dv, vth, v, s, alive, self.steps, ATAN)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_forward_equals_reference(seed: int) -> None:
    """Spikes and last voltages of documents that start anywhere in their streams."""
    case = Case(seed)

    spikes, last = case.play()

    for stream in range(spikes.shape[1]):
        fired, v = case.expected(stream)
        assert np.array_equal(fired, spikes[:, stream].numpy())
        # The layer fires in phase 1; its voltage then leaks to the end of the token.
        end = last[stream].numpy().astype(np.int64)
        assert v.tolist() == fixedpoint.decay_steps(end, case.dv, case.steps - 2).tolist()


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(1, 19))
def test_windows_join(seed: int, cut: int) -> None:
    """Two windows with the state handed over are one."""
    case = Case(seed)
    spikes, last = case.play()

    first, v = case.play(slice(0, cut))
    second, end = case.play(slice(cut, None), (v, first[-1]))

    assert torch.equal(spikes, torch.cat([first, second]))
    assert torch.equal(last, end)


def test_layer_without_recurrence() -> None:
    """None stands for no weights from itself."""
    case = Case(3)
    case.weight[:, case.spikes.shape[-1] :] = 0
    a = torch.tensor(case.spikes, dtype=torch.float32) @ torch.tensor(
        case.weight[:, : case.spikes.shape[-1]].T, dtype=torch.float32
    )
    rest = torch.zeros(a.shape[1:])
    dv, vth = (torch.tensor(x, dtype=torch.float32) for x in (case.dv, case.vth))
    alive = torch.tensor(case.alive)

    alone, _ = lif_tokens(a, None, dv, vth, rest, rest, alive, case.steps, ATAN)

    assert torch.equal(case.play()[0], alone)
