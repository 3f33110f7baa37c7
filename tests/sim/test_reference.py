"""The reference by hand: arrivals, delays, exponents, payloads, resets, tokens, strict mode."""

from dataclasses import replace

import numpy as np
import pytest

from realsam.errors import CurrentOverflowError, RunError
from realsam.ir import Input, Lif, Network, Projection, Replay, Reset
from sim.reference import Reference, run
from tests import tiny


def line(weight: int = 10, delay: int = 0, exponent: int = 0, **registers: int) -> Network:
    """One input line and one neuron that is read, at one step per token."""
    into = Projection("a", ("in",), np.array([[weight]]), np.array([delay]), exponent)
    return Network(Input("in", 1), (tiny.lif("a", 1, **registers),), (into,), "a")


def voltages(network: Network, *spikes: int) -> list[int]:
    """Voltage after every step."""
    return run(network, Replay(np.array(spikes, np.uint8)[:, None])).voltage[:, 0].tolist()


def test_spike_arrives_a_step_later() -> None:
    """Weight << 6, then decay by 1024 / 4096, truncated."""
    assert voltages(line(vth=99), 1, 0, 0, 0, 0) == [0, 640, 480, 360, 270]


@pytest.mark.parametrize("delay", [0, 1, 2, 62])
def test_delay_adds_steps(delay: int) -> None:
    """The longest included."""
    seen = voltages(line(delay=delay, vth=99), 1, *[0] * (delay + 1))

    assert seen == [0] * (delay + 1) + [640]


@pytest.mark.parametrize(
    ("weight", "exponent", "expected"), [(10, 2, 2560), (10, -2, 128), (-10, -2, -192)]
)
def test_exponent_shifts_the_sum(weight: int, exponent: int, expected: int) -> None:
    """A negative one rounds down, before the shift by 6."""
    assert voltages(line(weight, exponent=exponent, vth=99), 1, 0)[1] == expected


def test_current_has_a_memory() -> None:
    """The effective decay is du + 1: with 2047 the current halves every step."""
    assert voltages(line(du=2047, dv=4096, vth=99), 1, 0, 0, 0) == [0, 640, 320, 160]


def test_spike_resets_the_voltage_at_once() -> None:
    """It must be above the threshold: 10 << 6 does not pass 10."""
    played = run(line(vth=9), Replay(np.array([[1], [0], [0]], np.uint8)))

    assert played.spikes["a"].tolist() == [[0], [1], [0]]
    assert played.voltage.tolist() == [[0], [0], [0]]
    assert not run(line(vth=10), Replay(np.array([[1], [0]], np.uint8))).spikes["a"].any()


def test_bias_is_added_every_step() -> None:
    """Without decay the voltage counts."""
    assert voltages(line(bias=3, dv=0), 0, 0, 0) == [3, 6, 9]


def test_voltage_saturates() -> None:
    """At both ends."""
    up, down = (line(bias=sign * (4095 << 7), dv=0, vth=131072) for sign in (1, -1))

    assert voltages(up, *[0] * 20)[-1] == 2**23 - 1
    assert voltages(down, *[0] * 20)[-1] == -(2**23) + 1


def test_columns_with_one_delay_are_summed_before_the_shift() -> None:
    """Two weights of 2 and an exponent of -2 are 1, not 0."""
    into = Projection("a", ("in",), np.array([[2, 2]]), np.array([0, 0]), -2)
    network = Network(Input("in", 2), (tiny.lif("a", 1, vth=99),), (into,), "a")

    assert run(network, Replay(np.array([[1, 1], [0, 0]], np.uint8))).voltage[1, 0] == 64
    apart = replace(network, projections=(replace(into, delay=np.array([0, 1])),))
    assert run(apart, Replay(np.array([[1, 1], [0, 0]], np.uint8))).voltage[1, 0] == 0


def graded(network: Network, bits: int = 8) -> Network:
    """The same network, its line graded."""
    return replace(network, input=replace(network.input, message_bits=bits))


def heard(network: Network, *payloads: int) -> list[int]:
    """Voltage after every step."""
    return run(network, Replay(np.array(payloads, np.int32)[:, None])).voltage[:, 0].tolist()


@pytest.mark.parametrize(
    ("payload", "exponent", "expected"),
    [(3, 0, 1920), (-3, 0, -1920), (0, 0, 0), (127, 1, 162560), (3, -2, 448), (-3, -2, -512)],
)
def test_payload_multiplies_the_weight_before_the_shift(
    payload: int, exponent: int, expected: int
) -> None:
    """10 times 3 is 30, >> 2 is 7; -30 >> 2 is -8."""
    network = graded(line(10, exponent=exponent, vth=131072))

    assert heard(network, payload, 0)[1] == expected


def test_payloads_with_one_delay_are_summed_before_the_shift() -> None:
    """3 * 2 - 1 * 2 is 4, >> 2 is 1; apart they would be 1 - 1."""
    into = Projection("a", ("in",), np.array([[2, 2]]), np.array([0, 0]), -2)
    network = Network(Input("in", 2, 3), (tiny.lif("a", 1, vth=99),), (into,), "a")

    assert run(network, Replay(np.array([[3, -1], [0, 0]], np.int32))).voltage[1, 0] == 64
    apart = replace(network, projections=(replace(into, delay=np.array([0, 1])),))
    late = run(apart, Replay(np.array([[3, -1], [0, 0], [0, 0]], np.int32))).voltage
    assert late[1:, 0].tolist() == [64, 48 - 64]


def test_payload_is_recorded_and_heard_once_per_token() -> None:
    """In the first phase."""
    network = replace(graded(line(vth=99)), steps_per_token=4, readout_phase=3)

    played = run(network, Replay(np.array([[-2], [0], [5]], np.int32)))

    assert played.spikes["in"].tolist() == [[-2], [0], [5]]
    assert played.voltage[0, 0] == -720  # -1280, then two decays of a quarter


def test_neurons_send_spikes_whatever_they_hear() -> None:
    """A spike counts once, also beside a payload."""
    into = Projection("a", ("in", "a"), np.array([[10, 4]]), np.array([0, 0]))
    network = Network(Input("in", 1, 8), (tiny.lif("a", 1, dv=4096, vth=9),), (into,), "a")

    played = run(network, Replay(np.array([[100], [0], [0]], np.int32)))

    assert played.spikes["a"].tolist() == [[0], [1], [0]]
    assert played.voltage[:, 0].tolist() == [0, 0, 4 << 6]


@pytest.mark.parametrize("payload", [-129, 128])
def test_payload_out_of_range_is_refused(payload: int) -> None:
    """Instead of being played as another one."""
    with pytest.raises(RunError, match=rf"in: input line 0 = {payload} is outside -128\.\.127"):
        heard(graded(line()), payload)


def forgetting(interval: int, offset: int = 0, **registers: int) -> Network:
    """A neuron without decay that counts its bias."""
    network = line(bias=1, dv=0, vth=131072, **registers)
    lif = replace(network.populations[0], reset=Reset(interval, offset))
    return replace(network, populations=(lif,))


@pytest.mark.parametrize(
    ("interval", "offset", "expected"),
    [
        (3, 0, [1, 2, 3, 1, 2, 3, 1]),
        (3, 2, [1, 2, 1, 2, 3, 1, 2]),
        (1, 0, [1] * 7),
        (100, 5, [1, 2, 3, 4, 5, 1, 2]),
    ],
)
def test_reset_clears_before_the_update(interval: int, offset: int, expected: list[int]) -> None:
    """The step of the reset counts already; steps count from 0."""
    assert voltages(forgetting(interval, offset), *[0] * 7) == expected


def test_reset_clears_the_current_and_not_what_arrives() -> None:
    """A current that never decays, and a spike that arrives in the step of the reset."""
    keeping = replace(line(du=0, dv=4096, vth=131072), steps_per_token=1)
    lif = replace(keeping.populations[0], reset=Reset(3, 2))
    network = replace(keeping, populations=(lif,))

    assert voltages(keeping, 1, 1, 0, 0, 0) == [0, 640, 1279, 1278, 1277]
    assert voltages(network, 1, 1, 0, 0, 0) == [0, 640, 640, 639, 638]


def test_resets_count_steps_across_tokens() -> None:
    """Four steps per token, a reset every three."""
    network = replace(forgetting(3), steps_per_token=4, readout_phase=3)

    assert voltages(network, 0, 0, 0) == [1, 2, 3]


def test_strict_mode_judges_after_the_reset() -> None:
    """What is forgotten overflows nothing."""
    network = overflowing()
    lif = replace(network.populations[0], reset=Reset(2))
    rescued = replace(network, populations=(lif,))

    assert run(rescued, Replay(np.ones((6, 1), np.uint8)), strict=True).n_tokens == 6


def test_token_counts_the_spikes_of_its_steps() -> None:
    """A neuron that is driven by its bias fires in every step of the token."""
    network = replace(line(bias=4095, vth=1), steps_per_token=5, readout_phase=4)

    played = run(network, Replay(np.zeros((2, 1), np.uint8)))

    assert played.spikes["a"].tolist() == [[5], [5]]


@pytest.mark.parametrize("phase", [0, 1, 2, 3])
def test_readout_is_taken_in_its_phase(phase: int) -> None:
    """The input of a token arrives in phase 1 and then decays."""
    network = replace(line(vth=99), steps_per_token=4, readout_phase=phase)

    voltage = run(network, Replay(np.ones((1, 1), np.uint8))).voltage

    assert voltage[0, 0] == [0, 640, 480, 360][phase]


def test_input_comes_in_the_first_phase_only() -> None:
    """One spike per line and token."""
    network = replace(line(), steps_per_token=4, readout_phase=0)

    assert run(network, Replay(np.ones((3, 1), np.uint8))).spikes["in"].tolist() == [[1]] * 3


def overflowing() -> Network:
    """A current that passes 24 bits with the second spike."""
    return line(254, exponent=7, du=0, dv=4096, vth=131072)


def test_overflow_wraps() -> None:
    """Without strict mode, as the chip does."""
    seen = voltages(overflowing(), *[1] * 6)

    assert min(seen) < 0 < max(seen)


def test_strict_mode_refuses_the_wrap() -> None:
    """Population, neuron, value and step."""
    seen = voltages(overflowing(), *[1] * 6)
    first = next(step for step, v in enumerate(seen) if v < 0)

    with pytest.raises(CurrentOverflowError, match=rf"a\[0\]: current u = .* timestep {first} "):
        run(overflowing(), Replay(np.ones((6, 1), np.uint8)), strict=True)


def test_strict_mode_changes_nothing_else() -> None:
    """A network without overflow plays alike."""
    spikes = np.array([[1], [0], [1]], np.uint8)
    network = line()

    assert (
        run(network, Replay(spikes)).digests()
        == run(network, Replay(spikes), strict=True).digests()
    )


def test_state_starts_at_zero() -> None:
    """Of every population."""
    state = Reference(tiny.network()).state

    assert not any(s.u.any() or s.v.any() for s in state.values())


def test_population_without_input_lives_on_its_bias() -> None:
    """No projection into it."""
    alone = Lif("a", *np.array([[4095], [4096], [7], [131072]]))

    assert voltages(Network(Input("in", 1), (alone,), (), "a"), 1, 1) == [7, 7]
