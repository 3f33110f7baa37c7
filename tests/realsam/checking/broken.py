"""Networks that break one rule each, and what is said of them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from realsam.ir import Input, Network, Projection, Reset
from tests import tiny

Change = Callable[[Network], object]


@dataclass(frozen=True)
class Case:
    """A network that breaks a rule, and what is said of it."""

    rule: str
    change: Change  # of the tiny network: a new one, or in place
    object: str
    value: str
    limit: str
    severity: str = "error"
    chip: str = "loihi2"
    given: dict[str, int] = field(default_factory=dict)


def forced(index: int, **values: object) -> Change:
    """Give a population what its constructor refuses."""

    def change(network: Network) -> None:
        for name, value in values.items():
            object.__setattr__(network.populations[index], name, value)

    return change


def forced_projection(**values: object) -> Change:
    """Give the first projection what its constructor refuses."""

    def change(network: Network) -> None:
        for name, value in values.items():
            object.__setattr__(network.projections[0], name, value)

    return change


def population(index: int, **values: object) -> Change:
    """Replace values of a population."""

    def change(network: Network) -> Network:
        populations = list(network.populations)
        populations[index] = replace(populations[index], **values)
        return replace(network, populations=tuple(populations))

    return change


def whole(**values: object) -> Change:
    """Replace values of the network."""
    return lambda network: replace(network, **values)


def renamed(name: str) -> Change:
    """Give population b another name, by force."""

    def change(network: Network) -> None:
        object.__setattr__(network.populations[1], "name", name)
        object.__setattr__(network.projections[1], "target", name)
        object.__setattr__(network, "readout", name)

    return change


def unchanged(network: Network) -> Network:
    """As it is."""
    return network


def endless(network: Network) -> Network:
    """Positive currents of 2^23 and more, in a population that feeds nobody."""
    heavy = Projection("b", ("in",), np.full((2, 2), 254), np.zeros(2), 7)
    return replace(network, projections=(*network.projections, *[heavy] * 3))


def deaf(network: Network) -> Network:
    """A readout without input."""
    return replace(network, projections=network.projections[:1])


ODD = np.array([[2, 1, 4, 0], [0, -6, 0, 7]], np.int16)
WIDE = np.array([[2, 300, 4, 0], [0, -6, -258, 8]], np.int16)
CASES = [
    Case(
        "weight_range", forced_projection(weight=WIDE), "in+a->a", "weight[0, 1] = 300 and 1 more",
        "-256..254",
    ),
    Case(
        "weight_range", unchanged, "in+a->a", "weight[1, 3] = 8", "-256..7",
        given={"weight_max": 7},
    ),
    Case(
        "weight_step", forced_projection(weight=ODD), "in+a->a", "weight[0, 1] = 1 and 1 more",
        "multiples of 2",
    ),
    Case(
        "weight_step", unchanged, "in+a->a", "weight[0, 0] = 2 and 2 more", "multiples of 3",
        given={"weight_step": 3, "registers": 9},
    ),
    Case(
        "weight_exponent", forced_projection(weight_exp=-8), "in+a->a", "weight_exp = -8", "-7..7",
        chip="loihi1",
    ),
    Case(
        "weight_exponent", unchanged, "a->b", "weight_exp = 1", "-8..0",
        given={"weight_exp_max": 0},
    ),
    Case(
        "weight_exponent", forced_projection(weight_exp=8), "in+a->a", "weight_exp = 8", "-8..7",
        "warning",
    ),
    Case(
        "delay", forced_projection(delay=np.array([0, 0, 63, 63])), "in+a->a",
        "delay[2] = 63 and 1 more", "0..62",
    ),
    Case("delay", unchanged, "in+a->a", "delay[2] = 3 and 1 more", "0..2", given={"delay_max": 2}),
    Case("fan_in", unchanged, "a[0]", "2 sources", "1", given={"fan_in": 1}),
    Case("fan_out", unchanged, "a[0]", "2 synapses", "1", given={"fan_out": 1}),
    Case(
        "current_decay", forced(0, du=np.array([4095, 4096])), "a[1]", "du = 4096", "0..4095",
    ),
    Case(
        "voltage_decay", forced(0, dv=np.array([-1, 4097])), "a[0]", "dv = -1 and 1 more",
        "0..4095",
    ),
    Case(
        "voltage_decay", population(0, dv=np.array([4096, 4096])), "a[0]", "dv = 4096 and 1 more",
        "0..4095", "warning",
    ),
    Case("voltage_decay", unchanged, "a[0]", "dv = 1024 and 1 more", "0..99", given={"dv_max": 99}),
    Case("threshold", forced(0, vth=np.array([1, -1])), "a[1]", "vth = -1", "0..131071"),
    Case("threshold", forced(0, vth=np.array([1, 131073])), "a[1]", "vth = 131073", "0..131071"),
    Case(
        "threshold", lambda n: population(1, vth=np.array([131072, 131072]))(endless(n)), "b[0]",
        "vth = 131072 and 1 more", "0..131071", "warning",
    ),
    Case("bias", forced(0, bias=np.array([0, 4097])), "a[1]", "bias = 4097", "+-4095 << 0..7"),
    Case(
        "bias", population(0, bias=np.array([8, 24])), "a[0]", "bias = 8 and 1 more",
        "+-3 << 0..1", given={"bias_mantissa_max": 3, "bias_exp_max": 1},
    ),
    Case(
        "one_register", population(0, dv=np.array([1, 2]), vth=np.array([5, 6])), "a",
        "2 values of dv, 2 values of vth: a split makes 2 populations", "1", "warning",
    ),
    Case(
        "one_register", population(1, du=np.array([0, 4095])), "b",
        "2 values of du: a split makes 2 populations", "1", "warning",
    ),
    Case(
        "reset", population(0, reset=Reset(8)), "a", "reset interval = 8", "1..7",
        given={"reset_interval_max": 7},
    ),
    Case("reset", forced(0, reset=Reset(0)), "a", "reset interval = 0", "1..2147483647", "warning"),
    Case(
        "reset", forced(0, reset=Reset(4, 4)), "a", "reset offset = 4", "0..3", "warning",
    ),
    Case(
        "reset_phase", population(0, reset=Reset(6)), "a", "reset interval = 6",
        "multiples of 4 steps per token", "warning",
    ),
    Case("current_worst", endless, "b[0]", "|u| 12,485,120 and 1 more", "8,388,607", "warning"),
    Case("voltage_worst", endless, "b[0]", "|v| 14,680,062 and 1 more", "8,388,607", "warning"),
    Case(
        "current_worst", unchanged, "a[1]", "|u| 512 and 1 more", "255", "warning",
        given={"state_bits": 9},
    ),
    Case(
        "payload", whole(input=Input("in", 2, 8)), "in", "message_bits = 8", "0: plain spikes",
        chip="loihi1",
    ),
    Case(
        "payload", whole(input=Input("in", 2, 8)), "in", "message_bits = 8", "at most 7",
        given={"message_bits": 7},
    ),
    Case(
        "steps_per_token", unchanged, "network", "steps_per_token = 4", "1..3",
        given={"steps_per_token_max": 3},
    ),
    Case(
        "readout_phase", whole(readout_phase=1), "b", "readout_phase = 1",
        "2, when the input of the token arrives", "warning",
    ),
    Case(
        "readout_phase", deaf, "b", "no path from the input", "heard in its token", "warning",
    ),
    Case(
        "io_steps", unchanged, "network", "steps_per_token = 4",
        "5: phase 2 and 3 steps of I/O", "warning",
    ),
    Case(
        "loops", whole(steps_per_token=3), "a->a", "4 steps: a loop of 1 more than whole tokens",
        "multiples of 3 steps", "warning",
    ),
    Case(
        "names", renamed("a/b"), "'a/b'", "no name that HDF5 can hold",
        "text without '/' and NUL",
    ),
    Case("names", renamed("in"), "'in'", "2 populations", "one"),
    Case(
        "names", renamed("b c"), "'b c'", "3 characters", "1 to 64 of A-Z a-z 0-9 _ . + -",
        "warning",
    ),
]  # fmt: skip


def changed(change: Change) -> Network:
    """The tiny network with a change."""
    network = tiny.network()
    new = change(network)
    return new if isinstance(new, Network) else network
