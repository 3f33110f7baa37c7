"""What NIR, or its portable profile, cannot hold is named: place, value and cure in one line."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from export.nir import Profile, from_nir, to_nir
from export.quantize.always_on import always_on
from realsam.errors import ExportError
from realsam.ir import Input, Lif, Network, Projection, Reset


def lif(name: str = "a", du: int = 4095, bias: int = 0, vth: int = 1, dv: int = 9) -> Lif:
    """One neuron."""
    return Lif(name, *(np.array([x]) for x in (du, dv, bias, vth)))


def net(
    *populations: Lif,
    into: dict[str, tuple[str, ...]] | None = None,
    steps: int = 5,
    phase: int = 2,
    delay: int | None = None,
    exponent: int = 0,
) -> Network:
    """A network of single neurons that follows the token clock but for what is asked for."""
    order = ["input", *(p.name for p in populations)]
    hears = into or {p.name: (before,) for before, p in zip(order, populations, strict=False)}

    def latency(source: str, target: str) -> int:
        hops = order.index(target) - order.index(source)
        return hops if hops > 0 else hops + steps

    projections = tuple(
        Projection(
            target,
            sources,
            np.full((1, len(sources)), 2, np.int16),
            np.array([latency(s, target) - 1 if delay is None else delay for s in sources]),
            exponent,
        )
        for target, sources in hears.items()
    )
    return Network(Input("input", 1), populations, projections, populations[-1].name, steps, phase)


OUT = lif("out", dv=4096, vth=131072)


def chained(*populations: Lif, delay: int = 0) -> Network:
    """The same at one step per token, with that delay in front of the first."""
    network = net(*populations, steps=1, phase=0, delay=0)
    first, *others = network.projections
    late = replace(first, delay=np.array([delay]))
    return replace(network, projections=(late, *others))


def clocked(n_terms: int = 1, steps: int = 1, late: int = 0, bias: int = 0) -> Network:
    """A neuron that hears the input and, n times, one that is always on."""
    clock, loops = always_on("on", steps)
    terms = [Projection("a", ("on",), np.array([[254]]), np.array([late]), 7)] * n_terms
    heard = Projection("a", ("input",), np.array([[2]]), np.array([0]))
    populations = clock, lif(bias=bias)
    return Network(
        Input("input", 1), populations, (*loops, heard, *terms), "a", steps, int(steps > 1)
    )


def test_small_networks_are_expressible(tmp_path: Path) -> None:
    """What the refusals below deviate from."""
    for network in (net(lif(), OUT), chained(lif(), OUT), clocked(), clocked(steps=5)):
        to_nir(network, tmp_path / "n.nir")

        assert from_nir(tmp_path / "n.nir") == network


NIR_CANNOT = [
    (net(lif(du=4094), OUT), "a[0]: NIR cannot hold du = 4094, a current that acts in each of 5 "
     "steps; use du = 4095"),
    (net(lif(bias=64), OUT), "a[0]: NIR cannot hold bias = 64 in each of 5 steps; "
     "use an input line that is always on"),
    (clocked(steps=5, late=1), "on[0]: NIR cannot hold bias = 64 in each of 5 steps; "
     "use an input line that is always on"),
    (net(replace(lif(), reset=Reset(7)), OUT), "a: NIR cannot hold a reset every 7 steps; "
     "leave the reset out, or use netx"),
    (net(lif(), replace(OUT, reset=Reset(1))), "out: NIR cannot hold a reset every 1 steps; "
     "leave the reset out, or use netx"),
    (net(lif(), OUT, into={"a": ("input", "a"), "out": ("a",)}, delay=3), "input+a->a[1]: NIR "
     "cannot hold delay = 3, which meets a between two of its steps; "
     "use delays that bring all its input in one chip step of a token"),
    (net(lif(), OUT, phase=3), "out: NIR cannot hold readout phase 3; "
     "read it in phase 2, in which its input arrives"),
    (net(lif(), OUT, exponent=-2), "input->a: NIR cannot hold weight_exp = -2, which rounds "
     "its sums; use weights that are multiples of 4"),
    (net(lif("a\0"), OUT), "population name 'a\\x00' is no text that HDF5 holds; rename it"),
]  # fmt: skip
SPEC_ONLY = [
    (chained(lif(du=4094, bias=64), OUT), "a[0]: a portable NIR file cannot hold bias = 64 beside "
     "a current with memory"),
    (chained(lif(), lif("out", dv=9, vth=131072)), "out: a portable NIR file cannot hold a readout "
     "with memory that never spikes"),
    (net(lif(), OUT, into={"a": ("input", "a"), "out": ("a",)}, steps=1, phase=0, delay=3),
     "input+a->a[1]: a portable NIR file cannot hold delay = 3, which takes 4 of its steps"),
    (net(lif(), OUT, into={"a": ("input", "out"), "out": ("a",)}), "out: a portable NIR file "
     "cannot hold a readout with memory that never spikes"),
    (clocked(n_terms=300, bias=1), "a[0]: NIR cannot hold a bias of 9,753,600.015625, which 32 "
     "bits round; use fewer or smaller ones"),
]  # fmt: skip


def refused(network: Network, profile: Profile, folder: Path) -> str:
    """The one line in which a network is refused, and no file."""
    with pytest.raises(ExportError) as raised:
        to_nir(network, folder / "n.nir", profile)
    assert list(folder.iterdir()) == []
    return str(raised.value)


@pytest.mark.parametrize("profile", ["portable", "spec"])
@pytest.mark.parametrize(("network", "expected"), NIR_CANNOT)
def test_what_nir_cannot_hold_is_named(
    network: Network, expected: str, profile: Profile, tmp_path: Path
) -> None:
    """Place, value and cure."""
    assert refused(network, profile, tmp_path) == expected


@pytest.mark.parametrize(("network", "expected"), SPEC_ONLY)
def test_what_importers_cannot_read_alike_is_for_the_spec_profile(
    network: Network, expected: str, tmp_path: Path
) -> None:
    """Which holds it, register for register."""
    assert refused(network, "portable", tmp_path).removesuffix("; use --profile spec") == expected

    to_nir(network, tmp_path / "n.nir", "spec")

    assert from_nir(tmp_path / "n.nir") == network


@pytest.mark.parametrize(
    "network",
    [
        net(lif("b.c"), OUT),
        net(lif("1"), lif("_1"), phase=2),
        net(lif(), lif("out", dv=9, vth=7)),
        net(lif(), OUT, into={"out": ("input", "a")}),
        net(lif(), OUT, into={"a": ("input",), "out": ("input",)}),
        net(lif(), OUT, into={"a": ("a",), "out": ("a",)}),
        replace(net(lif(), OUT), readout="a", readout_phase=1),
        replace(net(lif(), OUT), input=Input("input", 1, 8)),
        net(lif(), OUT, delay=3, phase=3),
    ],
    ids=["dot", "digit", "spiking readout", "no input", "unheard", "unheard input", "readout first",
         "graded", "late"],
)  # fmt: skip
def test_what_older_versions_refused(network: Network, tmp_path: Path) -> None:
    """Comes back from both profiles."""
    for profile in ("portable", "spec"):
        to_nir(network, tmp_path / "n.nir", profile)

        assert from_nir(tmp_path / "n.nir") == network
