"""Each rule on a network that breaks it alone, and on one that does not."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from realsam.arrays import I16
from realsam.checking import CHIP_LIMITS, RULES, Finding, check, limits_of
from realsam.cli.observation import observe
from realsam.errors import LimitError
from realsam.ir import Input, Network, Projection, Reset, Sparse, as_list
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


def of_rule(findings: tuple[Finding, ...], rule: str) -> list[Finding]:
    """The findings of one rule."""
    return [finding for finding in findings if finding.rule == rule]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.value}")
def test_violation_is_named(case: Case) -> None:
    """Object, value, limit, severity; with a fix and a source."""
    report = check(changed(case.change), case.chip, case.given)

    finding, *_ = of_rule(report.findings, case.rule)
    assert (finding.object, finding.value) == (case.object, case.value)
    assert (finding.limit, finding.severity) == (case.limit, case.severity)
    assert finding.fix
    assert finding.source
    assert ("given" in finding.source) == bool(case.given)


def sound(network: Network) -> Network:
    """A network that has nothing to find: steps for I/O, loops of whole tokens."""
    first, second = network.projections
    first = replace(first, delay=np.array([0, 0, 5, 5]))
    return replace(network, projections=(first, second), steps_per_token=6)


@pytest.mark.parametrize("chip", CHIP_LIMITS)
def test_sound_network_has_no_findings(chip: str) -> None:
    """No rule cries without reason."""
    report = check(sound(tiny.network()), chip)

    assert report.findings == ()
    assert (report.n_errors, report.n_warnings) == (0, 0)


def test_every_rule_has_a_case() -> None:
    """But those that need a run, which have tests of their own."""
    tested = {case.rule for case in CASES} | {"current_observed", "voltage_observed"}

    assert tested == {rule.id for rule in RULES}


def test_rules_are_unique_and_name_limits_of_every_chip() -> None:
    """Ids once, limits that exist, a source of some kind."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        for limits in CHIP_LIMITS.values():
            assert set(rule.limits) <= set(limits)
            assert rule.sources(limits)


def test_every_limit_belongs_to_a_rule() -> None:
    """What nobody looks at cannot be given."""
    used = {name for rule in RULES for name in rule.limits}

    assert all(used == set(limits) for limits in CHIP_LIMITS.values())


def filling(network: Network) -> Network:
    """Currents of half a register, gathered without decay below a high threshold."""
    network = population(1, dv=np.zeros(2), vth=np.full(2, 131071))(network)
    heavy = Projection("b", ("in",), np.full((2, 2), 254), np.zeros(2), 7)
    return replace(network, projections=(*network.projections, heavy))


@pytest.mark.parametrize(("register", "change"), [("current", endless), ("voltage", filling)])
def test_run_beyond_the_registers_is_found(register: str, change: Change) -> None:
    """The worst case has come true: both rules speak."""
    network = changed(change)
    seen = observe(network, np.ones((3, 2), np.uint8))

    found = check(network, observed=seen).findings

    for rule in (f"{register}_worst", f"{register}_observed"):
        assert [f.object for f in of_rule(found, rule)] == ["b[0]"]
    assert "--input" not in of_rule(found, f"{register}_worst")[0].fix


def test_quiet_run_is_no_finding() -> None:
    """The worst case stays a warning."""
    network = endless(tiny.network())
    seen = observe(network, np.zeros((2, 2), np.uint8))

    rules = {finding.rule for finding in check(network, observed=seen).findings}

    assert "current_worst" in rules
    assert "current_observed" not in rules


def test_threshold_that_never_spikes_is_held_where_v_stays_below() -> None:
    """131071 does the same then: no finding."""
    network = population(1, vth=np.array([131072, 131072]))(tiny.network())

    assert of_rule(check(network).findings, "threshold") == []


@pytest.mark.parametrize("kind", [np.asarray, as_list])
def test_repeated_source_is_one_axon(kind: Callable[[I16], I16 | Sparse]) -> None:
    """Fan-in counts neurons, whatever the number of their synapses and whatever holds them."""
    network = tiny.network()
    first, *others = network.projections
    again = replace(first, weight=kind(first.matrix), delay=np.array([1, 1, 2, 2]))
    network = replace(network, projections=(first, *others, again))

    finding = of_rule(check(network, given={"fan_in": 1}).findings, "fan_in")[0]

    assert (finding.object, finding.value) == ("a[0]", "2 sources")


def test_pipelines_have_no_phases() -> None:
    """With one step per token neither loops, nor I/O, nor the readout's phase can be wrong."""
    network = replace(tiny.network(), steps_per_token=1, readout_phase=0)

    rules = {finding.rule for finding in check(network).findings}

    assert rules.isdisjoint({"loops", "io_steps", "readout_phase"})


def test_fan_out_is_not_checked_where_it_is_not_published() -> None:
    """Loihi 2 has no such limit, until it is given."""
    assert CHIP_LIMITS["loihi2"]["fan_out"].value is None
    assert of_rule(check(tiny.network()).findings, "fan_out") == []


def test_assumed_limit_is_a_warning_until_it_is_given() -> None:
    """The user knows it then."""
    limit = CHIP_LIMITS["loihi2"]["io_steps"]
    assert limit.assumed

    assert not limits_of("loihi2", {"io_steps": 3})["io_steps"].assumed


def test_errors_come_first() -> None:
    """Whatever the order of the rules."""
    network = changed(forced(1, vth=np.array([1, -1])))

    severities = [f.severity for f in check(network, given={"delay_max": 1}).findings]

    assert severities == sorted(severities)
    assert set(severities) == {"error", "warning"}


@pytest.mark.parametrize(
    ("chip", "given", "message"),
    [
        ("loihi3", {}, "chip 'loihi3' does not exist"),
        ("loihi2", {"axons": 3}, "limit 'axons' does not exist"),
        ("loihi2", {"state_bits": 0}, r"limit state_bits = 0 is outside 1\.\.62"),
        ("loihi2", {"fan_in": -1}, r"limit fan_in = -1 is outside 0\.\.1099511627776"),
        ("loihi2", {"weight_min": -(2**41)}, "limit weight_min = -2199023255552 is outside"),
    ],
)
def test_unknown_chip_or_limit_is_refused(chip: str, given: dict[str, int], message: str) -> None:
    """By name, with those there are."""
    with pytest.raises(LimitError, match=message):
        check(tiny.network(), chip, given)


def test_json_has_stable_keys() -> None:
    """Programs read them."""
    report = check(tiny.network()).to_json()

    assert list(report) == ["chip", "ok", "n_errors", "n_warnings", "findings", "ranges"]
    assert list(report["findings"][0]) == [
        *("rule", "severity", "object", "value", "limit", "fix", "source"),
    ]
    assert report["ranges"]["a"] == {
        "a_in_worst": (-6, 8),
        "u_worst": (-384, 512),
        "v_worst": (-1536, 560),
        "a_in_observed": None,
        "u_observed": None,
        "v_observed": None,
    }
