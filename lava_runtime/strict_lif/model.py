"""CPU models of Lava's LIF and LIFReset that raise where stock models wrap the current silently.

Register them through `exception_proc_model_map`; import them after `load_lava`.

Sources: lava-nc 0.10.0, `proc/lif/models.py` (PyLifModelBitAcc, PyLifResetModelBitAcc).
"""

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.lif.models import PyLifModelBitAcc, PyLifResetModelBitAcc
from lava.proc.lif.process import LIF, LIFReset

from realsam.fixedpoint import STATE_SHIFT, decay, refuse_overflow


@implements(proc=LIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("bit_accurate_loihi", "fixed_pt")
class PyStrictLif(PyLifModelBitAcc):
    """The stock dynamics behind a check."""

    def subthr_dynamics(self, activation_in: Any) -> None:
        """Update u and v, unless a current would leave 24 bits."""
        _refuse_overflow(self, activation_in)
        super().subthr_dynamics(activation_in)


@implements(proc=LIFReset, protocol=LoihiProtocol)
@requires(CPU)
@tag("bit_accurate_loihi", "fixed_pt")
class PyStrictLifReset(PyLifResetModelBitAcc):
    """The same with resets, which come before the check."""

    def subthr_dynamics(self, activation_in: Any) -> None:
        """Update u and v, unless a current would leave 24 bits."""
        _refuse_overflow(self, activation_in)
        super().subthr_dynamics(activation_in)


def _refuse_overflow(lif: Any, activation_in: Any) -> None:
    arriving = activation_in.astype(np.int64) << STATE_SHIFT
    u = decay(lif.u.astype(np.int64), lif.du + 1) + arriving
    refuse_overflow(lif.proc_params["name"], u, lif.time_step - 1)
