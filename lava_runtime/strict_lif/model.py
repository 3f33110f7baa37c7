"""A CPU model of Lava's LIF that raises where the stock model wraps the current silently.

Register it through `exception_proc_model_map`; import it after `load_lava`.

Sources: lava-nc 0.10.0, `proc/lif/models.py` (PyLifModelBitAcc).
"""

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.lif.models import PyLifModelBitAcc
from lava.proc.lif.process import LIF

from realsam.fixedpoint import STATE_SHIFT, decay, refuse_overflow


@implements(proc=LIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("bit_accurate_loihi", "fixed_pt")
class PyStrictLif(PyLifModelBitAcc):
    """The stock dynamics behind a check."""

    def subthr_dynamics(self, activation_in: Any) -> None:
        """Update u and v, unless a current would leave 24 bits."""
        arriving = activation_in.astype(np.int64) << STATE_SHIFT
        u = decay(self.u.astype(np.int64), self.du + 1) + arriving
        refuse_overflow(self.proc_params["name"], u, self.time_step - 1)
        super().subthr_dynamics(activation_in)
