"""The fused model of Generator: a whole token per Lava step, inside one process.

Import it after `load_lava`.
"""

from typing import Any

from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from lava_runtime.generator.process import Generator
from sim.simulator import engine


@implements(proc=Generator, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class FusedModel(PyLoihiProcessModel):
    """One process instead of a graph: nothing is exchanged between populations."""

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self._engine = engine(proc_params["network"], proc_params["strict"])
        self._driver = proc_params["driver"]
        self._sender = proc_params["sender"]
        self._row = self._driver.spikes()  # input spikes of this token, None at the end

    def run_spk(self) -> None:
        """Play one token and ask the driver for the next."""
        if self._row is not None:
            spikes, voltage = self._engine.token(self._row)
            self._sender.send((spikes, voltage, self._driver.take(voltage)))
            self._row = self._driver.spikes()
        self._req_pause = self._row is None
