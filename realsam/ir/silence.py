"""The same network without the spikes of some populations: what is their part worth?"""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from realsam.ir.network import Network
from realsam.limits import NEVER_SPIKES


def silenced(network: Network, names: Collection[str]) -> Network:
    """The network with these populations kept from spiking, by a threshold out of reach.

    All else stays: who hears them hears nothing, and the digest is another.
    """
    populations = tuple(
        replace(p, vth=np.full_like(p.vth, NEVER_SPIKES)) if p.name in names else p
        for p in network.populations
    )
    return replace(network, populations=populations)
