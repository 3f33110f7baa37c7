"""The way to a Loihi 2 chip: what it needs, and a clear refusal where that is missing.

This project has run nothing on a chip: Intel's extension and a board were not available to it.
Whoever has both finds the network as stock processes in `lava_runtime.generator.graph`; the
input lines and the readout then need Intel's adapters, which cost chip steps that
`realsam.ir.IO_PHASES` provides for.

Sources: lava-nc 0.10.0, `lava/utils/loihi.py`; its README on the INRC extension.
"""

from typing import NoReturn

from lava_runtime.compat import load_lava
from realsam.errors import BackendUnavailableError


def refuse_loihi2() -> NoReturn:
    """Say what is missing for a run on Loihi 2; there is no silent fall-back to the simulator.

    Raises:
        BackendUnavailableError: always; naming the extension if it, or Lava itself, is missing.
    """
    load_lava()
    from lava.utils import loihi  # late: it imports Lava

    if not loihi.is_installed():
        raise BackendUnavailableError(
            "Loihi 2: Intel's extension lava-loihi is not installed",
            "it comes with membership of the Intel Neuromorphic Research Community (INRC) and "
            "needs a Loihi 2 host; without it use the lava-graph backend, which simulates the chip",
        )
    raise BackendUnavailableError(
        "Loihi 2: this version has not been connected to a chip, although the extension is here",
        "use --target sim; the processes to map are in lava_runtime.generator.graph",
    )
