"""Generator: a Network with its driver as one Lava process, whole documents from reset.

Import it after `load_lava`.
"""

from multiprocessing.connection import Connection

from lava.magma.core.process.process import AbstractProcess

from realsam.ir import Driver, Network


class Generator(AbstractProcess):
    """Plays a driver through a network and sends (spikes, voltage, choice) of every token.

    FusedModel does so inside one process, GraphModel with Lava's LIF and DelayDense.
    """

    def __init__(
        self, *, network: Network, driver: Driver, sender: Connection, strict: bool = False
    ) -> None:
        super().__init__(
            network=network, driver=driver, sender=sender, strict=strict, name="generator"
        )
