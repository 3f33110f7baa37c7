"""A case: a network and the input that it is played with, and its file."""

import json
import zipfile
import zlib
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from realsam.arrays import Spikes
from realsam.errors import RealSamError
from realsam.files import replacing
from realsam.ir import Input, Lif, Network, Projection, Reset, Sparse, as_list

FORMAT = 3  # 1 had neither graded input nor resets, 2 no lists of weights
_UNREADABLE = (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error)
_REGISTERS = ("du", "dv", "bias", "vth")


@dataclass(frozen=True, eq=False)
class Case:
    """What is played on several backends and compared."""

    name: str  # "seed/index" of a drawn case; it stays when the case is shrunk
    network: Network
    spikes: Spikes  # [K, M] input spikes, or payloads, of every token


def save_case(case: Case, path: Path) -> None:
    """Write a case as one compressed numpy file, arrays and JSON."""
    network = case.network
    about = {
        "format": FORMAT,
        "name": case.name,
        "input": [network.input.name, network.input.size, network.input.message_bits],
        "populations": [p.name for p in network.populations],
        "resets": [astuple(p.reset) if p.reset else None for p in network.populations],
        "projections": [
            [q.target, q.sources, q.weight_exp, isinstance(q.weight, Sparse)]
            for q in network.projections
        ],
        "clock": [network.readout, network.steps_per_token, network.readout_phase],
    }
    arrays: dict[str, Any] = {"spikes": case.spikes, "about": np.array(json.dumps(about))}
    for i, p in enumerate(network.populations):
        arrays |= {f"population/{i}/{register}": getattr(p, register) for register in _REGISTERS}
    for i, q in enumerate(network.projections):
        arrays |= {f"projection/{i}/weight": q.matrix, f"projection/{i}/delay": q.delay}
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)


def load_case(path: Path) -> Case:
    """Read a case back.

    Raises:
        RealSamError: if the file is missing, damaged or of another format.
    """
    try:
        with path.open("rb") as stream:
            if not zipfile.is_zipfile(stream):  # which numpy would leave half open
                raise ValueError("no zip file")
            stream.seek(0)
            with np.load(stream, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays["about"]))
        if about["format"] != FORMAT:
            raise RealSamError(f"{path}: case format {about['format']} is not {FORMAT}")
        return Case(about["name"], _network(about, arrays), arrays["spikes"])
    except (*_UNREADABLE, KeyError, TypeError, AttributeError) as error:
        raise RealSamError(f"{path}: not a readable case ({error})") from error


def _network(about: dict[str, Any], arrays: dict[str, Any]) -> Network:
    populations = tuple(
        Lif(
            name,
            *(arrays[f"population/{i}/{register}"] for register in _REGISTERS),
            reset=Reset(*reset) if reset else None,
        )
        for i, (name, reset) in enumerate(zip(about["populations"], about["resets"], strict=True))
    )
    projections = tuple(
        Projection(
            target,
            tuple(sources),
            (as_list if is_list else np.asarray)(arrays[f"projection/{i}/weight"]),
            arrays[f"projection/{i}/delay"],
            exponent,
        )
        for i, (target, sources, exponent, is_list) in enumerate(about["projections"])
    )
    return Network(Input(*about["input"]), populations, projections, *about["clock"])
