"""A fast CPU model of Lava's DelayDense: a ring buffer of arriving sums, driven by spikes.

Equal to the stock PyDelayDenseModelBitAcc, which builds a matrix of all delays in every step.
Lacks: delays that differ within a column (one source neuron), which are refused. Register it
through `exception_proc_model_map`; import it after `load_lava`.

Sources: lava-nc 0.10.0, `proc/dense/models.py` (PyDelayDenseModelBitAcc).
"""

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.dense.models import PyDelayDenseModelBitAcc
from lava.proc.dense.process import DelayDense

from lava_runtime.chip_weights import chip_weights
from lava_runtime.delay_ring import DelayRing
from realsam.arrays import I64, Spikes
from realsam.errors import NetworkError


@implements(proc=DelayDense, protocol=LoihiProtocol)
@requires(CPU)
@tag("bit_accurate_loihi", "fixed_pt")
class PyDelayedDense(PyDelayDenseModelBitAcc):
    """One delay per source neuron; spikes count once, or with message bits by their payload."""

    weights: Any = LavaPyType(np.ndarray, np.int32, precision=8)
    delays: Any = LavaPyType(np.ndarray, np.int8, precision=6)

    def run_spk(self) -> None:
        """Send the sum that arrives now, then take the spikes of this step into later sums."""
        if not self.weights_set:
            self._prepare()
        self.a_out.send(self._ring.arriving(self.time_step))
        self._ring.add(self.time_step, self.s_in.recv(), self._summed)

    def _summed(self, active: I64, payload: Spikes) -> I64:
        weighted = self._fibres[active]
        if self._is_graded:
            weighted = weighted * payload[:, None].astype(np.int64)
        total: I64 = np.add.reduce(weighted, axis=0)
        return total

    def _prepare(self) -> None:
        name = self.proc_params.get("name")
        if np.any(self.delays != self.delays[0]):
            raise NetworkError(f"{name}: delays within a column", "use the stock DelayDense model")
        self._is_graded = self.num_message_bits.item() > 0
        self.weights = chip_weights(self.weights, self.proc_params)
        self.weights_set = True
        # Source-major: the weights of one arriving spike lie side by side.
        self._fibres = np.ascontiguousarray(self.weights.T)
        exponent = self.proc_params.get("weight_exp", 0)
        self._ring = DelayRing(self.a_buff.shape, self.delays[0].astype(np.int64), exponent)
