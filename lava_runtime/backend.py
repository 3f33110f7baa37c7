"""The Lava backends: `lava-graph` (LIF and DelayDense, what a chip runs), `lava-fused` (fast).

Each run is one document from reset. The driver runs inside Lava, so that sampling does not
interrupt it; here its twin follows the choices that come back, streams the words and checks that
Lava was fed what the twin would feed. Lacks: several documents in one run.
"""

import time
from multiprocessing import Pipe

import numpy as np

from lava_runtime.compat import load_lava
from realsam.errors import BackendUnavailableError, MismatchError
from realsam.ir import Driver, Hear, Network, Recorder, Run
from sim.simulator import load_kernels

MODES = ("fused", "graph")


def run(network: Network, driver: Driver, mode: str = "fused", strict: bool = False) -> Run:
    """Run one document from reset on Lava; see `play`."""
    recorder = Recorder(network, f"lava-{mode}")
    notes = play(network, driver, recorder.add, mode, strict)
    return recorder.run(**notes)


def play(
    network: Network, driver: Driver, hear: Hear, mode: str = "fused", strict: bool = False
) -> dict[str, str]:
    """Play one document from reset on Lava; returns its version, processes and start-up time.

    Args:
        network: any Network; the fused mode is fast for those that follow the token clock.
        driver: feeds the input and takes the readout.
        hear: is told all spikes and readout voltages of each token.
        mode: "fused" or "graph".
        strict: an overflowing current is an error instead of a wrap.

    Raises:
        BackendUnavailableError: if Lava is not installed, or the mode does not exist.
        BackendFailedError: if a Lava process dies or fails.
        RunError: if the input lines cannot carry what the driver feeds.
        CurrentOverflowError: in strict mode, if a current leaves 24 bits.
        MismatchError: if the two copies of the driver part; this is our bug.
    """
    if mode not in MODES:
        raise BackendUnavailableError(
            f"Lava mode {mode!r} does not exist", f"use one of {', '.join(MODES)}"
        )
    begin = time.perf_counter()
    version = load_lava()
    load_kernels()  # here, so that the children inherit them
    from lava_runtime.build import build  # late: these import Lava
    from lava_runtime.supervise import OUR_BUG, supervised

    messages, sender = Pipe(duplex=False)
    process, config = build(network, driver.twin(), sender, mode, strict)
    with messages, sender, supervised(process, config, messages) as session:
        notes = {
            "lava": version,
            "processes": str(len(session.pids) - 1),
            "startup_seconds": f"{time.perf_counter() - begin:.3f}",
        }
        steps_per_token = 1 if mode == "fused" else network.steps_per_token
        # More steps than needed: Lava would answer a pause in the very last step twice.
        session.start(driver.length * steps_per_token + 2)
        while (row := driver.spikes()) is not None:
            spikes, voltage, choice = session.receive()
            if not np.array_equal(spikes[network.spans[network.input.name]], row):
                raise MismatchError("Lava was fed another token than its driver's copy", OUR_BUG)
            hear(spikes, voltage)
            driver.follow(voltage, choice)
        session.finish()
    return notes
