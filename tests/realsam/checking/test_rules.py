"""Each rule on a network that breaks it alone, and on one that does not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from realsam.arrays import I16
from realsam.checking import CHIP_LIMITS, RULES, Finding, check, limits_of
from realsam.cli.observation import observe
from realsam.errors import LimitError
from realsam.ir import Network, Projection, Sparse, as_list
from tests import tiny
from tests.realsam.checking.broken import (
    CASES,
    Case,
    Change,
    changed,
    endless,
    forced,
    population,
)


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
