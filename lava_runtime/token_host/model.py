"""The CPU model of TokenHost: phases of a token, driver, and one message per token.

Import it after `load_lava`.
"""

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort, PyRefPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from lava_runtime.token_host.process import TokenHost
from realsam.arrays import Spikes
from realsam.ir import Network


@implements(proc=TokenHost, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyTokenHost(PyLoihiProcessModel):
    """Feeds the driver's spikes in phase 0 and gives it the readout in the readout phase."""

    lines: Any = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=1)
    fired: Any = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    voltage: Any = LavaPyType(PyRefPort.VEC_DENSE, np.int32, precision=24)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self._network: Network = proc_params["network"]
        self._driver = proc_params["driver"]
        self._sender = proc_params["sender"]
        lines = self._network.input
        self._silence: Spikes = np.zeros(lines.size, lines.dtype)
        self._row: Spikes | None = self._driver.spikes()  # of this token; None at the end
        self._spikes: Spikes = np.zeros(sum(self._network.sizes.values()), lines.dtype)
        self._v = np.zeros(0, np.int64)
        self._choice: int | None = None

    @property
    def _phase(self) -> int:
        time_step: int = self.time_step  # Lava counts from 1
        return (time_step - 1) % self._network.steps_per_token

    @property
    def _is_last_phase(self) -> bool:
        return self._phase == self._network.steps_per_token - 1

    def run_spk(self) -> None:
        """Send the input spikes of this step and receive everybody's."""
        row = self._silence
        if self._phase == 0 and self._row is not None:
            self._network.input.refuse(self._row)
            row = self._row.astype(row.dtype)
        self.lines.send(row)
        self._spikes += self.fired.recv().astype(np.uint8)
        self._spikes[self._network.spans[self._network.input.name]] += row
        if self._row is None:  # a driver without tokens
            self._req_pause = True
        elif self._is_last_phase and not self.post_guard():
            self._finish_token()

    def post_guard(self) -> bool:
        """Ask for the management phase in which v may be read."""
        return self._phase == self._network.readout_phase

    def run_post_mgmt(self) -> None:
        """Read the readout after its step and let the driver choose the next token."""
        self._v = self.voltage.read().astype(np.int64)
        self._choice = self._driver.take(self._v)
        if self._is_last_phase:
            self._finish_token()

    def _finish_token(self) -> None:
        self._sender.send((self._spikes, self._v, self._choice))
        self._spikes = np.zeros_like(self._spikes)
        self._row = self._driver.spikes()
        # Asking in the last step of the last token leaves all registers as the token left them.
        self._req_pause = self._row is None
