"""Float parity: the simulated file against the integers, spike by spike."""

from pathlib import Path

import numpy as np
import pytest

from export.nir import Profile, to_nir
from export.nir.parity import Parity, float_parity, parity
from realsam.errors import BundleError
from realsam.ir import Input, Layer, Network, Replay, Run, TokenClock, readout_layer, to_network
from sim import reference
from tests.export.networks import clock, laid_out

PROFILES: tuple[Profile, ...] = ("portable", "spec")


def exact_clock(steps: int, seed: int = 3) -> TokenClock:
    """Two layers that forget everything or nothing: what floats and integers do alike."""
    rng = np.random.default_rng(seed)

    def layer(name: str, *sources: str) -> Layer:
        weight = 2 * rng.integers(-8, 9, (6, 6 * len(sources)))
        dv, vth = rng.choice([0, 4096], 6), rng.integers(0, 12, 6)
        return Layer(name, dv, vth, sources, weight.astype(np.int16))

    # At one step per token a spike cannot reach an earlier layer in time.
    into_a = ("input", "a", "b") if steps > 1 else ("a", "input")
    readout = readout_layer("readout", ("b", "input"), np.full((2, 12), 2, np.int16))
    layers = (layer("a", *into_a), layer("b", "input", "a", "b"), readout)
    return TokenClock(Input("input", 6), layers, steps)


def play(network: Network, n_tokens: int = 60) -> Run:
    """The integer spikes of a network on random input."""
    rng = np.random.default_rng(5)
    return reference.run(network, Replay((rng.random((n_tokens, 6)) < 0.3).astype(np.uint8)))


@pytest.mark.parametrize("profile", PROFILES)
def test_token_clock_without_truncation_is_exact(profile: Profile, tmp_path: Path) -> None:
    """Skips, recurrence and feedback arrive in the right token."""
    network = to_network(exact_clock(5))
    run = play(network)
    to_nir(network, tmp_path / "n.nir", profile)

    found = float_parity(tmp_path / "n.nir", run)

    assert found.n_mismatches == {"a": 0, "b": 0}
    assert found.n_spikes == {name: int(run.spikes[name].sum()) for name in ("a", "b")}
    assert min(found.n_spikes.values()) > 50


def test_one_step_per_token_is_exact(tmp_path: Path) -> None:
    """A spike travels one layer per step, and biases act from the first step on."""
    bias = {"a": np.array([64, 0, -64, 65, 0, 0]), "b": np.arange(6), "readout": np.array([3, 0])}
    network = laid_out(exact_clock(1), bias)
    to_nir(network, tmp_path / "n.nir", "portable")

    found = float_parity(tmp_path / "n.nir", play(network))

    assert found.n_total == 0
    assert min(found.n_spikes.values()) > 50


@pytest.mark.parametrize("profile", PROFILES)
def test_truncation_is_counted(profile: Profile, tmp_path: Path) -> None:
    """The integer loses 1 in each of 65 steps, the float two in all: one spike more."""
    leaky = Layer("a", np.array([1]), np.array([3]), ("input",), np.array([[2]], np.int16))
    network = to_network(clock((leaky,), lines=1, steps=5))
    spikes = np.zeros((14, 1), np.uint8)
    spikes[[0, 13]] = 1
    to_nir(network, tmp_path / "n.nir", profile)

    found = float_parity(tmp_path / "n.nir", reference.run(network, Replay(spikes)))

    assert found == Parity(n_spikes={"a": 0}, n_mismatches={"a": 1})


def test_parity_counts_neurons_and_tokens() -> None:
    """Both a missing and an additional spike are a mismatch."""
    expected = {"a": np.array([[1, 0], [1, 1]], np.uint8), "b": np.zeros((2, 1), np.uint8)}
    actual = {"a": np.array([[0, 1], [1, 1]], np.uint8), "b": np.zeros((2, 1), np.uint8)}

    found = parity(expected, actual)

    assert found == Parity(n_spikes={"a": 3, "b": 0}, n_mismatches={"a": 2, "b": 0})
    assert found.n_total == 2


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there."""
    with pytest.raises(BundleError, match="no such file"):
        float_parity(tmp_path / "none.nir", play(to_network(exact_clock(5)), 1))
