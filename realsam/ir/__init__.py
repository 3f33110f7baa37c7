"""The waist: `Network` and `Host` say what to run, `Run` says what happened."""

from realsam.ir.driver import ClosedLoop, Driver, Replay
from realsam.ir.engine import Engine, Hear, Motion, Snapshot, play
from realsam.ir.host import Host, perplexity
from realsam.ir.network import Network
from realsam.ir.neuron import Input, Lif, Reset, readout, split_bias
from realsam.ir.run import Recorder, Run, load_run, provenance, save_run
from realsam.ir.sampler import Sampler
from realsam.ir.silence import silenced
from realsam.ir.sparse import Sparse, as_list, listed
from realsam.ir.split import joined, register_groups, split, splits
from realsam.ir.synapse import Projection, place
from realsam.ir.token_clock import (
    IO_PHASES,
    Layer,
    TokenClock,
    from_network,
    keep_fraction,
    readout_layer,
    spiking,
    to_network,
)

__all__ = [
    "IO_PHASES",
    "ClosedLoop",
    "Driver",
    "Engine",
    "Hear",
    "Host",
    "Input",
    "Layer",
    "Lif",
    "Motion",
    "Network",
    "Projection",
    "Recorder",
    "Replay",
    "Reset",
    "Run",
    "Sampler",
    "Snapshot",
    "Sparse",
    "TokenClock",
    "as_list",
    "from_network",
    "joined",
    "keep_fraction",
    "listed",
    "load_run",
    "perplexity",
    "place",
    "play",
    "provenance",
    "readout",
    "readout_layer",
    "register_groups",
    "save_run",
    "silenced",
    "spiking",
    "split",
    "split_bias",
    "splits",
    "to_network",
]
