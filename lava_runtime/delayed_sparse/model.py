"""A fast CPU model of Lava's DelaySparse: the synapses of one source lie side by side.

Equal to the stock PyDelaySparseModelBitAcc, which builds a matrix of all delays in every step.
Lacks: delays that differ within a column (one source neuron), which are refused. Register it
through `exception_proc_model_map`; import it after `load_lava`.

Sources: lava-nc 0.10.0, `proc/sparse/models.py` (PyDelaySparseModelBitAcc).
"""

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.sparse.models import PyDelaySparseModelBitAcc
from lava.proc.sparse.process import DelaySparse
from scipy.sparse import csr_matrix

from lava_runtime.chip_weights import chip_weights
from lava_runtime.delay_ring import DelayRing
from realsam.arrays import I64, Spikes
from realsam.errors import NetworkError


@implements(proc=DelaySparse, protocol=LoihiProtocol)
@requires(CPU)
@tag("bit_accurate_loihi", "fixed_pt")
class PyDelayedSparse(PyDelaySparseModelBitAcc):
    """One delay per source neuron; spikes count once, or with message bits by their payload."""

    weights: Any = LavaPyType(csr_matrix, np.int32, precision=8)
    delays: Any = LavaPyType(csr_matrix, np.int32, precision=6)

    def run_spk(self) -> None:
        """Send the sum that arrives now, then take the spikes of this step into later sums."""
        if not self.weights_set:
            self._prepare()
        self.a_out.send(self._ring.arriving(self.time_step))
        self._ring.add(self.time_step, self.s_in.recv(), self._summed)

    def _summed(self, active: I64, payload: Spikes) -> I64:
        counts = payload if self._is_graded else payload.astype(bool)
        total: I64 = self._columns[:, active] @ counts.astype(np.int64)
        return total

    def _prepare(self) -> None:
        self.weights = chip_weights(self.weights, self.proc_params)
        self.weights_set = True
        self._is_graded = self.num_message_bits.item() > 0
        self._columns = self.weights.tocsc().astype(np.int64)
        exponent = self.proc_params.get("weight_exp", 0)
        self._ring = DelayRing(self.a_buff.shape, self._delay(), exponent)

    def _delay(self) -> I64:
        """[M] delay of each source neuron, from the delays of its synapses."""
        delays = self.delays.tocsc()
        delays.eliminate_zeros()
        longest = np.asarray(delays.max(axis=0).todense()).ravel()
        uniform = longest * np.diff(self.weights.tocsc().indptr)
        if np.any(np.asarray(delays.sum(axis=0)).ravel() != uniform):
            name = self.proc_params.get("name")
            raise NetworkError(f"{name}: delays within a column", "use the stock DelaySparse model")
        return longest.astype(np.int64)
