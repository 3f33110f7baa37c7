"""Runs a netx file in stock lava-dl.

FILE INPUT OUTPUT [MESSAGE_BITS RESET_INTERVAL RESET_OFFSET]: INPUT is an .npy of spikes or payloads
[T, M]. OUTPUT gets spikes/<layer> [T, N] and, after the last step, voltage/<layer> [N], the layers
counted from 0 without the input. The last three are arguments of stock netx.
"""

import logging

import numpy as np

from lava_runtime.compat import load_lava

load_lava()

from lava.lib.dl.netx.hdf5 import Network  # noqa: E402 (Lava is importable only now)
from lava.magma.core.run_conditions import RunSteps  # noqa: E402
from lava.magma.core.run_configs import Loihi2SimCfg  # noqa: E402
from lava.proc.io.sink import RingBuffer as Sink  # noqa: E402
from lava.proc.io.source import RingBuffer as Source  # noqa: E402


def run(file: str, given: str, result: str, *extensions: int) -> None:
    """Run the network for as many steps as there are input spikes."""
    logging.disable(logging.WARNING)
    spikes = np.load(given)
    names = "input_message_bits", "reset_interval", "reset_offset"
    network = Network(file, **dict(zip(names, extensions, strict=False)))
    Source(data=spikes.T.astype(np.int32)).s_out.connect(network.inp)
    sinks = []
    for layer in network.layers:
        sinks.append(Sink(shape=layer.out.shape, buffer=len(spikes)))
        layer.out.connect(sinks[-1].a_in)
    config = Loihi2SimCfg(select_tag="fixed_pt")
    network.run(condition=RunSteps(num_steps=len(spikes)), run_cfg=config)
    recorded = {f"spikes/{k}": sink.data.get().T for k, sink in enumerate(sinks)}
    recorded |= {f"voltage/{k}": p.neuron.v.get() for k, p in enumerate(network.layers)}
    network.stop()
    np.savez(result, **recorded)
