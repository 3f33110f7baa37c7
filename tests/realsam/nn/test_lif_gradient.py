"""The backward of the LIF layers against autograd of the smooth network that it stands for."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import pytest
import torch
from snntorch import surrogate
from torch import Tensor

from realsam.nn.lif import lif_tokens, surrogate_slope, voltage

T, B, N, STEPS = 7, 3, 5, 4
LIMIT = 2**23 - 1
ATAN = surrogate.atan(alpha=2.0)
LEARNED = ("a", "recurrent", "dv", "vth", "v")


@dataclass(frozen=True)
class Case:
    """Arguments of `lif_tokens`."""

    a: Tensor
    recurrent: Tensor | None
    dv: Tensor
    vth: Tensor
    v: Tensor
    s: Tensor
    alive: Tensor

    def leaves(self) -> "Case":
        """Fresh copies that collect gradients."""
        copies = {
            f.name: None
            if (value := getattr(self, f.name)) is None
            else value.clone().requires_grad_(f.name in LEARNED)
            for f in fields(self)
        }
        return Case(**copies)


def case(recurrent: bool = True, seed: int = 0) -> Case:
    """Voltages around the thresholds, so that about half of all neurons spike."""
    draw = torch.Generator().manual_seed(seed)

    def integers(low: int, high: int, *shape: int) -> Tensor:
        return torch.randint(low, high, shape, generator=draw).float()

    return Case(
        integers(-300, 500, T, B, N),
        2 * integers(-60, 60, N, N) if recurrent else None,
        integers(1, 900, N),
        integers(100, 300, N),
        integers(-9000, 9000, B, N),
        integers(0, 2, B, N),
        (torch.rand(T, B, 1, generator=draw) < 0.8).float(),
    )


def smooth(c: Case, steps: int = STEPS) -> tuple[Tensor, Tensor]:
    """Play with autograd; truncation, wrap, clip and reset are constants, as documented."""
    keep = (4096 - c.dv) / 4096
    v, s, spikes = c.v, c.s, []
    for a, alive in zip(c.a, c.alive, strict=True):
        v, s = v * alive, s * alive
        total = a if c.recurrent is None else a + s @ c.recurrent.T
        line = v * keep**steps + total * 64
        exact = voltage(v.double(), total.double(), keep.double(), steps).float().detach()
        peak = torch.where(exact.abs() < LIMIT, line - line.detach() + exact, exact)
        s = ATAN(peak / (c.vth * 64) - 1)
        v = peak * (1 - s.detach())
        spikes.append(s)
    return torch.stack(spikes), v


def ours(c: Case, steps: int = STEPS) -> tuple[Tensor, Tensor]:
    """The layer itself."""
    return lif_tokens(c.a, c.recurrent, c.dv, c.vth, c.v, c.s, c.alive, steps, ATAN)


def gradients(play: Callable[[Case], tuple[Tensor, Tensor]], given: Case) -> dict[str, Tensor]:
    """Gradients of a loss that hears every spike and every last voltage differently."""
    leaves = given.leaves()
    spikes, last = play(leaves)
    draw = torch.Generator().manual_seed(1)
    loss = (spikes * torch.randn(spikes.shape, generator=draw)).sum()
    loss = loss + (last * torch.randn(last.shape, generator=draw)).sum() / 1000
    loss.backward()
    return {name: value.grad for name in LEARNED if (value := getattr(leaves, name)) is not None}


@pytest.mark.parametrize("name", ["a", "dv", "vth", "v"])
def test_gradient_equals_autograd_without_recurrence(name: str) -> None:
    """Input, decay, threshold and first voltage."""
    given = case(recurrent=False)

    torch.testing.assert_close(
        gradients(ours, given)[name], gradients(smooth, given)[name], rtol=2e-4, atol=1e-6
    )


@pytest.mark.parametrize("name", LEARNED)
def test_gradient_equals_autograd_with_recurrence(name: str) -> None:
    """The same, and the recurrent weights: a spike is heard a token later, too."""
    given = case()

    torch.testing.assert_close(
        gradients(ours, given)[name], gradients(smooth, given)[name], rtol=2e-4, atol=1e-6
    )


def test_smooth_network_has_the_same_spikes() -> None:
    """The comparison compares the same networks."""
    given = case()

    assert torch.equal(ours(given)[0], smooth(given)[0])
    assert 0.2 < ours(given)[0].mean() < 0.8


@pytest.mark.parametrize("dv", [0.0, 1.0, 4095.0, 4096.0])
@pytest.mark.parametrize("vth", [1.0, 131071.0])
def test_gradients_are_finite_on_the_edges(dv: float, vth: float) -> None:
    """No decay and all decay, the lowest and the highest threshold."""
    given = case()
    given = replace(given, dv=torch.full((N,), dv), vth=torch.full((N,), vth))

    for name, gradient in gradients(ours, given).items():
        assert gradient.shape == getattr(given, name).shape
        assert gradient.isfinite().all(), name


def test_more_input_means_more_spikes() -> None:
    """The surrogate has the sign of the step: no input lowers its own token's spike."""
    leaves = replace(case(recurrent=False), alive=torch.zeros(T, B, 1)).leaves()

    ours(leaves)[0].sum().backward()

    assert (leaves.a.grad > 0).all()


def test_higher_threshold_means_fewer_spikes() -> None:
    """Of neurons whose voltage is positive."""
    given = case(recurrent=False)
    leaves = replace(given, a=given.a.abs(), v=given.v.abs()).leaves()

    ours(leaves)[0].sum().backward()

    assert (leaves.vth.grad < 0).all()


def test_no_gradient_through_a_clipped_voltage() -> None:
    """A saturated voltage does not move."""
    given = replace(case(recurrent=False), dv=torch.zeros(N), alive=torch.ones(T, B, 1))
    given = replace(given, v=torch.full((B, N), -float(LIMIT)), a=torch.full((T, B, N), -9e4))

    found = gradients(ours, given)

    assert not found["a"].any()
    assert not found["v"].any()


def test_reset_cuts_the_gradient() -> None:
    """What was before the start of a document gets none."""
    given = case(recurrent=False)
    given.alive[0] = 0

    assert not gradients(ours, given)["v"].any()


@pytest.mark.parametrize("cut", range(1, T))
def test_two_windows_chain_to_one(cut: int) -> None:
    """The gradient of a first voltage carries the rest of the text to the window before."""
    given = case(recurrent=False)

    def halves(c: Case) -> tuple[Tensor, Tensor]:
        first, v = ours(replace(c, a=c.a[:cut], alive=c.alive[:cut]))
        second, end = ours(replace(c, a=c.a[cut:], alive=c.alive[cut:], v=v, s=first[-1].detach()))
        return torch.cat([first, second]), end

    whole, parts = gradients(ours, given), gradients(halves, given)

    for name, gradient in whole.items():
        torch.testing.assert_close(gradient, parts[name], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(
    ("step", "slope"), [(surrogate.atan(alpha=2.0), 1.0), (surrogate.sigmoid(slope=20), 5.0)]
)
def test_surrogate_slope_at_the_threshold(step: object, slope: float) -> None:
    """Half of alpha for the arctangent, a quarter of the slope for the sigmoid."""
    assert slope == pytest.approx(surrogate_slope(step, torch.zeros(1)).item())


def test_surrogate_slope_leaves_its_argument_alone() -> None:
    """No gradient reaches what it is taken at."""
    x = torch.ones(1, requires_grad=True)

    assert not surrogate_slope(ATAN, x).requires_grad
    assert x.grad is None
