"""Dropout from a counter: known words, the right share, no two layers alike."""

import pytest
import torch

from realsam.nn.dropout import Dropout, kept, mix


def test_mix_is_the_published_finalizer() -> None:
    """Known values of MurmurHash3's fmix32."""
    assert mix(torch.tensor([0, 1, 2, 0xFFFFFFFF])).tolist() == [
        0,
        0x514E28B7,
        0x30F4C306,
        0x81F16F39,
    ]


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.99])
def test_share_that_is_kept(p: float) -> None:
    """Within five standard deviations, along every axis."""
    mask = kept(Dropout.of(torch.tensor(5), 1, p).keys[0], (40, 50, 60), p).double()

    allowed = 5 * (p * (1 - p) / 2000) ** 0.5 + 1e-12
    for axis in ((1, 2), (0, 2), (0, 1)):
        assert (mask.mean(axis) - (1 - p)).abs().max() <= allowed


def test_layers_and_seeds_have_masks_of_their_own() -> None:
    """Also seeds that differ in their upper half only."""
    seeds = torch.tensor([1, 2, 1 << 32, 1 + (1 << 32), -1])
    keys = torch.cat([Dropout.of(seed, 6, 0.1).keys for seed in seeds])

    assert len(set(keys.tolist())) == len(keys)


def test_neighbours_are_independent() -> None:
    """The mask of an element says nothing about the next one's."""
    mask = kept(Dropout.of(torch.tensor(5), 1, 0.5).keys[0], (100_000,), 0.5)

    agree = (mask[1:] == mask[:-1]).double().mean().item()

    assert agree == pytest.approx(0.5, abs=0.01)
