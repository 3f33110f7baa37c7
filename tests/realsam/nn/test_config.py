"""Model configurations: mechanisms that do not exist or do not fit are refused by name."""

import pytest

from realsam.errors import DataError
from realsam.nn.config import WIRINGS, ModelConfig


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"wiring": "star"}, "wiring = 'star' does not exist"),
        ({"gates": True}, "gates = True has no stream to open to in wiring = 'dense'"),
        (
            {"gates": True, "wiring": "chain"},
            "gates = True has no stream to open to in wiring = 'chain'",
        ),
        ({"environment": -0.1}, "environment = -0.1 is outside 0..4"),
        ({"environment": float("nan")}, "environment = nan is outside 0..4"),
        ({"diversity": 4.5}, "diversity = 4.5 is outside 0..4"),
        ({"diversity": float("inf")}, "diversity = inf is outside 0..4"),
    ],
)
def test_mechanisms_out_of_range_are_named(values: dict[str, object], message: str) -> None:
    """Name, value, what is wrong with it."""
    with pytest.raises(DataError) as raised:
        ModelConfig(**values)

    assert message == raised.value.message


def test_wirings_say_what_a_layer_hears() -> None:
    """The layers of three and, at the last place, the readout."""
    config = {wiring: ModelConfig.of(3, 512, 300, wiring=wiring) for wiring in WIRINGS}
    heard = {
        name: [(c.hears_code(i), *c.heard_layers(i)) for i in range(4)]
        for name, c in config.items()
    }

    everything = [(True,), (True, 0), (True, 0, 1), (True, 0, 1, 2)]
    assert heard == {
        "dense": everything,
        "residual": everything,
        "chain": [(True,), (False, 0), (False, 1), (False, 2)],
    }
