"""The import report: what became of every population and connection, and every large rounding."""

from dataclasses import asdict
from typing import Any

import numpy as np

from export.quantize.build import Quantized
from realsam.fixedpoint import STATE_SHIFT
from realsam.ir import Lif, Network


def describe(quantized: Quantized) -> dict[str, Any]:
    """The report as JSON values."""
    model, clock = quantized.model, quantized.schedule
    by_name = {p.name: p for p in model.populations}
    return {
        "dt": model.dt,
        "steps_per_token": clock.steps_per_token,
        "scaling": quantized.scaling,
        "inputs": [{"name": name, "lines": size} for name, size in model.lines],
        "readout": model.readout,
        "populations": [
            {
                "name": name,
                "kind": by_name[name].kind,
                "neurons": by_name[name].size,
                "depth": clock.depth[name],
                "tokens_late": clock.late(name),
                "volts_per_unit": 1 / (quantized.scale[name] * (1 << STATE_SHIFT)),
                "volts_at_zero": _range(by_name[name].offset),
                **_registers(quantized.network.population(name)),
            }
            for name in clock.order
        ],
        "connections": [asdict(link) for link in quantized.links],
        "listed_above": quantized.above,
        "roundings": [asdict(rounding) for rounding in quantized.roundings],
        "notes": list(quantized.notes),
    }


def describe_exact(network: Network) -> dict[str, Any]:
    """The report of a file whose numbers are registers already."""
    return {
        "steps_per_token": network.steps_per_token,
        "scaling": "exact",
        "inputs": [{"name": network.input.name, "lines": network.input.size}],
        "readout": network.readout,
        "populations": [
            {"name": p.name, "kind": "LIF", "neurons": p.size, **_registers(p)}
            for p in network.populations
        ],
        "connections": [
            {
                "source": "+".join(q.sources),
                "target": q.target,
                "delay": _range(q.delay),
                "weight_exp": q.weight_exp,
            }
            for q in network.projections
        ],
        "roundings": [],
        "notes": ["the numbers of the file are registers: nothing was rounded"],
    }


def _registers(lif: Lif) -> dict[str, Any]:
    return {name: _range(getattr(lif, name)) for name in ("du", "dv", "vth", "bias")}


def _range(values: Any) -> list[float]:
    """The lowest and the highest."""
    return [np.min(values).item(), np.max(values).item()]
