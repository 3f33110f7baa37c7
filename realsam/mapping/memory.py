"""The memory of a core: what a core holds, what things take, and who says so.

Not all of it is published. Each number says whether it is, and each can be replaced.

Sources: Davies et al. 2018, IEEE Micro 38(1) (Loihi 1); nengo-loihi 1.1.0 `block.py` (what a
Loihi 1 core holds, index widths); Intel Loihi 2 technology brief 2021 (bytes and neurons of a
Loihi 2 core, cores of a chip); press releases on the systems (chips).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from realsam.errors import MappingError
from realsam.limits import CHIPS, DELAY_MAX
from realsam.mapping.sketch import Link

Standing = Literal["published", "assumed", "given"]
_BRIEF = "Intel Loihi 2 technology brief 2021"
_NENGO = "nengo-loihi 1.1.0"
_DAVIES = "Davies et al. 2018"
_LEFT_OVER = "what 128 KB of synapses and 1024 neurons leave of a Loihi 1 core, over its 8192 axons"
_MAY_BE_ZERO = ("index_bits", "delay_bits", "neuron_bytes", "axon_bytes")
LIMIT_MAX = 1 << 40


@dataclass(frozen=True)
class Limit:
    """One number of the model and its standing."""

    value: int | None  # None: no limit of its own
    standing: Standing
    source: str


@dataclass(frozen=True)
class System:
    """A machine of several chips."""

    name: str
    n_chips: int
    n_cores: int  # that programs can use


# (what, a core of it): the resources of a core, in the order of every `use` vector.
RESOURCES = ("bytes", "synapse_bits", "neurons", "in_axons", "out_axons")
MEANINGS = {
    "cores": "cores of a chip",
    "core_bytes": "bytes of a core: synapses, neurons and axons together",
    "synapse_bytes": "of these for synapses, at most",
    "neurons": "neurons of a core",
    "in_axons": "source neurons that a core can hear, once per projection",
    "out_axons": "target cores of all neurons of a core, once per projection",
    "weight_bits": "bits of a weight",
    "index_bits": "bits that name the target neuron, per synapse in sparse form",
    "delay_bits": "bits of a delay, per synapse of a delayed projection",
    "neuron_bytes": "bytes of a neuron: state and registers",
    "axon_bytes": "bytes of an entry in the tables of axons",
}


@dataclass(frozen=True)
class Memory:
    """What a core of a chip holds, and what a synapse, a neuron and an axon take."""

    chip: str
    limits: Mapping[str, Limit]  # by the names of MEANINGS
    systems: tuple[System, ...]

    def __getitem__(self, name: str) -> int:
        """The value of a limit that always has one."""
        value = self.limits[name].value
        assert value is not None
        return value

    @property
    def capacity(self) -> tuple[int | None, ...]:
        """What a core holds of each of RESOURCES; None: any number."""
        synapse_bytes = self.limits["synapse_bytes"].value
        return (
            self["core_bytes"],
            None if synapse_bytes is None else 8 * synapse_bytes,
            self["neurons"],
            self.limits["in_axons"].value,
            self.limits["out_axons"].value,
        )

    def dense_bits(self, link: Link, n_rows: int) -> int:
        """Bits of the synapses from all sources into n_rows neurons, zeros included."""
        return n_rows * link.n_sources * self.synapse_bits(link)

    def sparse_bits(self, link: Link, n_synapses: int) -> int:
        """Bits of so many synapses that each name their target neuron."""
        return n_synapses * (self.synapse_bits(link) + self["index_bits"])

    def synapse_bits(self, link: Link) -> int:
        """Bits of a synapse in dense form."""
        return self["weight_bits"] + (self["delay_bits"] if link.delayed else 0)

    def stored(self, link: Link, n_rows: int, n_synapses: int, n_heard: int) -> tuple[int, int]:
        """Bits of synapses and entries of axons of the form that takes less memory.

        Args:
            link: where the synapses come from.
            n_rows: neurons of the target on the core.
            n_synapses: non-zero synapses into them.
            n_heard: source neurons with at least one of these.
        """
        if n_synapses == 0:
            return 0, 0
        dense = self.dense_bits(link, n_rows), 1  # the place of a row follows from its number
        sparse = self.sparse_bits(link, n_synapses), n_heard  # each row is found by an entry
        entry = 8 * self["axon_bytes"]
        return min(dense, sparse, key=lambda form: form[0] + form[1] * entry)

    def replaced(self, given: Mapping[str, int]) -> "Memory":
        """The same with some limits given by the user.

        Raises:
            MappingError: if a name is unknown or a value out of range.
        """
        limits = dict(self.limits)
        for name, value in given.items():
            if name not in limits:
                raise MappingError(
                    f"limit {name!r} does not exist", f"use one of {', '.join(limits)}"
                )
            low = 0 if name in _MAY_BE_ZERO else 1
            if not low <= value <= LIMIT_MAX:
                raise MappingError(
                    f"limit {name} = {value} is outside {low}..2**40", "give another number"
                )
            limits[name] = Limit(value, "given", "command line")
        return replace(self, limits=limits)


def memory_of(chip: str) -> Memory:
    """The memory of a chip by its name in `realsam.limits.CHIPS`."""
    about, first = CHIPS[chip], chip == "loihi1"
    unpublished = Limit(None, "assumed", "not published: taken as no limit")
    limits = {
        "cores": Limit(about.cores, "published", about.source),
        "core_bytes": Limit(about.core_bytes, "published", about.source),
        "synapse_bytes": Limit(128 * 1024, "published", _NENGO)
        if first
        else Limit(None, "published", f"{_BRIEF}: partitioned as needed"),
        "neurons": Limit(1024, "published", _DAVIES) if first else Limit(8192, "published", _BRIEF),
        "in_axons": Limit(4096, "published", _NENGO) if first else unpublished,
        "out_axons": Limit(4096, "published", _NENGO) if first else unpublished,
        "weight_bits": Limit(8, "published", _DAVIES if first else _BRIEF),
        "index_bits": Limit(12, "published", f"{_NENGO}: the widest")
        if first
        else Limit(12, "assumed", "the widest of Loihi 1"),
        "delay_bits": Limit(DELAY_MAX.bit_length(), "published", f"{_NENGO}: kept with the synapse")
        if first
        else Limit(0, "assumed", "one delay per source neuron, kept with its axon"),
        "neuron_bytes": Limit(24, "published", _BRIEF)
        if first
        else Limit(24, "assumed", "as on Loihi 1; a program may take 0 to 4096"),
        "axon_bytes": Limit(7, "assumed", _LEFT_OVER),
    }
    return Memory(about.name, limits, _SYSTEMS[chip])


_SYSTEMS = {
    "loihi1": (
        System("Kapoho Bay", 2, 2 * 128),
        System("Nahuku", 32, 32 * 128),
        System("Pohoiki Springs", 768, 768 * 128),
    ),
    "loihi2": (
        System("Oheo Gulch", 1, 128),
        System("Kapoho Point", 8, 8 * 128),
        System("Hala Point", 1152, 140_544),
    ),
}
