"""The memory model: forms of synapses, limits and their standing."""

import pytest

from realsam.errors import MappingError
from realsam.limits import CHIPS
from realsam.mapping import memory_of
from realsam.mapping.memory import LIMIT_MAX, MEANINGS, RESOURCES
from realsam.mapping.sketch import Link

LINK = Link("a", "b", 100, 10, True)


@pytest.mark.parametrize("chip", CHIPS)
def test_every_limit_has_a_source(chip: str) -> None:
    """And a meaning, in one order; none is given before the user gives it."""
    memory = memory_of(chip)

    assert list(MEANINGS) == list(memory.limits)
    assert len(RESOURCES) == len(memory.capacity)
    for limit in memory.limits.values():
        assert limit.source
        assert limit.standing in {"published", "assumed"}


@pytest.mark.parametrize(
    ("n_synapses", "n_heard", "expected"),
    [
        (0, 0, (0, 0)),  # nothing is stored
        (1000, 100, (8000, 1)),  # dense: 10 x 100 weights, one entry
        (200, 90, (200 * 20, 90 * 1)),  # sparse: 8 + 12 bits each, an entry per source neuron
    ],
)
def test_smaller_form_is_taken(n_synapses: int, n_heard: int, expected: tuple[int, int]) -> None:
    """On Loihi 2 a delay takes no bits."""
    assert expected == memory_of("loihi2").replaced({"axon_bytes": 1}).stored(
        LINK, 10, n_synapses, n_heard
    )


def test_delays_take_bits_on_loihi_1() -> None:
    """Six each."""
    assert memory_of("loihi1").stored(LINK, 10, 1000, 100) == (14_000, 1)


def test_given_limit_replaces_and_says_so() -> None:
    """The others stay."""
    before = memory_of("loihi2")
    memory = before.replaced({"in_axons": 4096})

    assert memory.capacity[3] == 4096
    assert memory.limits["in_axons"].standing == "given"
    assert before.limits["neurons"] == memory.limits["neurons"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("cores", 0), ("core_bytes", 0), ("weight_bits", 0), ("axon_bytes", LIMIT_MAX + 1)],
)
def test_limit_out_of_range_is_refused(name: str, value: int) -> None:
    """Zero only where something may take nothing."""
    with pytest.raises(MappingError, match=f"limit {name} = {value} is outside"):
        memory_of("loihi2").replaced({name: value})


def test_unknown_limit_is_refused() -> None:
    """With the names that there are."""
    with pytest.raises(MappingError, match="limit 'bytes' does not exist; use one of cores, core_"):
        memory_of("loihi2").replaced({"bytes": 3})
