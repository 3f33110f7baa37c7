"""TokenHost: drives the input lines, counts all spikes and reads the readout.

Import it after `load_lava`.
"""

from multiprocessing.connection import Connection

from lava.magma.core.process.ports.ports import InPort, OutPort, RefPort
from lava.magma.core.process.process import AbstractProcess

from realsam.ir import Driver, Network


class TokenHost(AbstractProcess):
    """The host side of a Network: a driver connected with ports."""

    def __init__(
        self, *, network: Network, driver: Driver, sender: Connection, name: str = "host"
    ) -> None:
        super().__init__(network=network, driver=driver, sender=sender, name=name)
        self.lines = OutPort((network.input.size,))  # input spikes, or payloads
        self.fired = InPort((sum(network.sizes.values()),))  # spikes of every population
        self.voltage = RefPort((network.sizes[network.readout],))  # v of the readout
