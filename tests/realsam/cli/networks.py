"""A network that every format holds, and one that needs more than plain netx or portable NIR."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from export.netx import to_netx
from realsam.ir import Network
from tests.export.networks import chain

W = np.array([[2, -4], [8, 0], [6, 2]], np.int16)
NETWORK = chain(W, np.full((1, 4), 2, np.int16))
LATE = replace(
    NETWORK, projections=(replace(NETWORK.projections[0], delay=[0, 3]), NETWORK.projections[1])
)


def saved(network: Network, folder: Path) -> Path:
    """The netx file of a network."""
    to_netx(network, folder / "source.net")
    return folder / "source.net"
