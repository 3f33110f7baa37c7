"""All rows of the benchmark, by name, and what each needs."""

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import torch

from benchmarks.training.protocol import Sizes, Training


@dataclass(frozen=True)
class Peer:
    """Where the builder of a row is."""

    library: str  # what has to be installed
    module: str  # of this package
    variant: str
    spiking: bool = True


OURS = "realsam"
PEERS = {
    OURS: Peer("realsam", "ours", "shipped"),
    "realsam-full": Peer("realsam", "ours", "full"),
    "snntorch": Peer("snntorch", "snntorch_loop", "loop"),
    "snntorch-bf16": Peer("snntorch", "snntorch_loop", "bf16"),
    "snntorch-compile": Peer("snntorch", "snntorch_loop", "compile"),
    "snntorch-layers": Peer("snntorch", "snntorch_loop", "layers"),
    "spikingjelly": Peer("spikingjelly", "spikingjelly_lif", "fused"),
    "spikingjelly-bf16": Peer("spikingjelly", "spikingjelly_lif", "bf16"),
    "spikingjelly-recurrent": Peer("spikingjelly", "spikingjelly_lif", "recurrent"),
    "norse": Peer("norse", "norse_lif", "lif"),
    "norse-lsnn": Peer("norse", "norse_lif", "lsnn"),
    "lstm": Peer("torch", "lstm", "float32", spiking=False),
    "lstm-bf16": Peer("torch", "lstm", "bf16", spiking=False),
    # Last, so that a failing capture can disturb no other row.
    "snntorch-graph": Peer("snntorch", "snntorch_loop", "graph"),
}


def installed(peer: Peer) -> bool:
    """Whether the library of a peer is there."""
    return find_spec(peer.library) is not None


def build(peer: Peer, sizes: Sizes, device: torch.device) -> Training:
    """A peer's model, ready to train."""
    module = import_module(f"benchmarks.training.{peer.module}")
    made: Training = module.build(sizes, device, peer.variant)
    return made


def versions() -> dict[str, str]:
    """Versions of the libraries that are installed."""
    found = {}
    for name in (*dict.fromkeys(peer.library for peer in PEERS.values()), "triton"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
