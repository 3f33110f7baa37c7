"""Report of a layout: numbers for programs, a text for people; what is assumed is said."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from realsam.arrays import I64
from realsam.mapping.layout import CHIP_COST, Layout
from realsam.mapping.memory import MEANINGS, RESOURCES, Memory
from realsam.mapping.place import least_cores
from realsam.mapping.traffic import Counts
from realsam.report import render_table

FORMAT = 1
ASSUMPTIONS = (
    "a spike is one message to each core that holds one of its targets, once per projection",
    "synapses of two populations on a core take dense or sparse form, whichever is smaller",
    "neurons of a population on one core share a list of target cores, where another chip is one",
    f"a message between chips costs {CHIP_COST} times one between cores: only the search uses it",
    "neurons keep registers of their own, so that any neurons may share a core",
    "the host drives the input lines and reads the readout: neither takes memory of a core",
)
_WAYS = {
    "within_core": "within a core",
    "between_cores": "between cores of a chip",
    "between_chips": "between chips",
    "from_host": "from the host",
}


@dataclass(frozen=True)
class Traffic:
    """Where the spikes of a layout come from."""

    source: str
    measured: bool  # False: every neuron is taken to spike once per token
    n_tokens: int


ONCE = Traffic("every neuron and input line once per token: the most there can be", False, 1)


def to_json(layout: Layout, traffic: Traffic) -> dict[str, object]:
    """The report as plain values; `FORMAT` counts changes of its keys."""
    memory, least = layout.memory, least_cores(layout.sketch, layout.memory)
    least_chips = _chips(least, memory)
    return {
        "format": FORMAT,
        "network": layout.sketch.name,
        "chip": memory.chip,
        "neurons": layout.sketch.n_neurons,
        "input_lines": layout.sketch.lines[1],
        "synapses": sum(part.n_synapses for part in layout.parts),
        "cores": layout.n_cores,
        "chips": layout.n_chips,
        "least_cores": least,
        "least_chips": least_chips,
        "above_least": layout.n_cores / least - 1,
        "memory": _memory(layout),
        "per_core": {name: _spread(layout, name) for name in RESOURCES},
        "axons": _counts(layout.axons),
        "traffic": {
            "spikes": traffic.source,
            "measured": traffic.measured,
            "tokens": traffic.n_tokens,
            "messages": _counts(layout.messages),
            "messages_before_search": _counts(layout.start),
        },
        "systems": [
            asdict(system)
            | {"holds": layout.n_cores <= system.n_cores and layout.n_chips <= system.n_chips}
            for system in memory.systems
        ],
        "limits": {
            name: asdict(limit) | {"meaning": MEANINGS[name]}
            for name, limit in memory.limits.items()
        },
        "assumptions": list(ASSUMPTIONS),
        "populations": _populations(layout),
        "placement": _placement(layout),
    }


def render_text(layout: Layout, traffic: Traffic) -> str:
    """Populations, memory, traffic, systems, and which limits are assumed."""
    about: dict[str, Any] = to_json(layout, traffic)
    headers = ("population", "neurons", "synapses", "cores", "synapse kB")
    rows = [
        (p["name"], f"{p['neurons']:,}", f"{p['synapses']:,}", f"{p['cores']:,}", _kb(p))
        for p in about["populations"]
    ]
    return "\n".join(
        [
            *render_table(headers, rows),
            "",
            *_size_lines(about, layout),
            "",
            *_traffic_lines(about, traffic),
            "",
            *_system_lines(about),
            "",
            *_limit_lines(layout.memory),
        ]
    )


def _size_lines(about: dict[str, Any], layout: Layout) -> list[str]:
    memory, per_core = about["memory"], about["per_core"]["bytes"]
    return [
        f"cores             {about['cores']:,} of {about['chip']}; no placement takes less than "
        f"{about['least_cores']:,} ({about['above_least']:+.1%})",
        f"chips             {about['chips']:,} of {layout.memory['cores']} cores; at least "
        f"{about['least_chips']:,}",
        f"memory            {memory['bytes'] / 1e6:,.2f} MB, {memory['utilisation']:.1%} of these "
        f"cores: synapses {memory['synapse_bytes'] / 1e6:,.2f}, neurons "
        f"{memory['neuron_bytes'] / 1e6:,.2f}, axons {memory['axon_bytes'] / 1e6:,.2f}",
        f"bytes of a core   {per_core['least']:,} to {per_core['most']:,} of "
        f"{per_core['capacity']:,}",
        *(
            f"{name:<18}{found['least']:,} to {found['most']:,} on a core, {_most(found)}"
            for name, found in about["per_core"].items()
            if name in {"neurons", "in_axons", "out_axons"}
        ),
        f"axons             {about['axons']['total']:,}: " + _ways(about["axons"], 1, ""),
    ]


def _traffic_lines(about: dict[str, Any], traffic: Traffic) -> list[str]:
    messages, before = about["traffic"]["messages"], about["traffic"]["messages_before_search"]
    label = "measured" if traffic.measured else "assumed"
    return [
        f"messages          {messages['total'] / max(1, traffic.n_tokens):,.1f} per token: "
        + _ways(messages, traffic.n_tokens, ".1f"),
        f"before the search {_ways(before, traffic.n_tokens, '.1f')}",
        f"spikes            {label}: {traffic.source}",
    ]


def _system_lines(about: dict[str, Any]) -> list[str]:
    return [
        f"{s['name']:<17} {'holds it' if s['holds'] else 'is too small'} "
        f"(chips: {s['n_chips']:,}, cores: {s['n_cores']:,})"
        for s in about["systems"]
    ]


def _limit_lines(memory: Memory) -> list[str]:
    rows = [
        (name, "none" if limit.value is None else f"{limit.value:,}", limit.standing)
        for name, limit in memory.limits.items()
    ]
    table = render_table(("limit", "value", "standing"), rows)
    told = [f"{MEANINGS[n]} ({limit.source})" for n, limit in memory.limits.items()]
    lines = [
        *table[:2],
        *(f"{row}  {why}" for row, why in zip(table[2:], told, strict=True)),
        "",
        "Assumed, as no limits are published for it:",
    ]
    return lines + [f"- {text}" for text in ASSUMPTIONS]


def _memory(layout: Layout) -> dict[str, object]:
    n_bytes = int(layout.use[:, 0].sum())
    synapses = int((-(-layout.use[:, 1] // 8)).sum())
    neurons = layout.sketch.n_neurons * layout.memory["neuron_bytes"]
    capacity = layout.n_cores * layout.memory["core_bytes"]
    return {
        "bytes": n_bytes,
        "synapse_bytes": synapses,
        "neuron_bytes": neurons,
        "axon_bytes": n_bytes - synapses - neurons,
        "capacity_bytes": capacity,
        "utilisation": n_bytes / capacity,
    }


def _spread(layout: Layout, resource: str) -> dict[str, object]:
    values, most = layout.per_core(resource), layout.memory.capacity[RESOURCES.index(resource)]
    return {
        "least": int(values.min()),
        "mean": float(values.mean()),
        "most": int(values.max()),
        "capacity": most,
    }


def _populations(layout: Layout) -> list[dict[str, object]]:
    found = []
    for name, size in layout.sketch.sizes.items():
        mine = np.array([part.population == name for part in layout.parts])
        parts = [part for part in layout.parts if part.population == name]
        found.append(
            {
                "name": name,
                "neurons": size,
                "synapses": sum(part.n_synapses for part in parts),
                "synapse_bytes": sum(-(-part.synapse_bits // 8) for part in parts),
                "cores": len(np.unique(layout.core[mine])),
            }
        )
    return found


def _placement(layout: Layout) -> list[dict[str, object]]:
    use: I64 = layout.per_core("bytes")
    cores: list[list[dict[str, object]]] = [[] for _ in range(layout.n_cores)]
    for part, core in zip(layout.parts, layout.core.tolist(), strict=True):
        cores[core].append(
            {
                "population": part.population,
                "start": part.start,
                "stop": part.stop,
                "synapses": part.n_synapses,
            }
        )
    return [
        {"core": i, "chip": int(layout.chip[i]), "bytes": int(use[i]), "parts": parts}
        for i, parts in enumerate(cores)
    ]


def _chips(n_cores: int, memory: Memory) -> int:
    return -(-n_cores // memory["cores"])


def _counts(counts: Counts) -> dict[str, int]:
    return asdict(counts) | {"total": counts.total}


def _ways(counts: dict[str, int], n_tokens: int, digits: str) -> str:
    each = (
        f"{counts[k] / max(1, n_tokens):,{digits or '.0f'}} {text}" for k, text in _WAYS.items()
    )
    return ", ".join(each)


def _most(found: dict[str, Any]) -> str:
    return "no limit" if found["capacity"] is None else f"at most {found['capacity']:,}"


def _kb(population: dict[str, Any]) -> str:
    return f"{population['synapse_bytes'] / 1000:,.1f}"
