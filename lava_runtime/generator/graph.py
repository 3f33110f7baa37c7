"""The graph model of Generator: what a chip runs, made of Lava's own processes.

One LIF per population (LIFReset where it has resets), one DelayDense per projection with all of
its sources (DelaySparse where its weights are a list), and one TokenHost. Import it after
`load_lava`.

Sources: lava-nc 0.10.0 `proc/lif/models.py` (PyLifResetModelBitAcc: time_step counts from 1).
"""

from itertools import accumulate
from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, tag
from lava.magma.core.model.sub.model import AbstractSubProcessModel
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.dense.process import DelayDense
from lava.proc.lif.process import LIF, LIFReset
from lava.proc.sparse.process import DelaySparse
from lava.utils.weightutils import SignMode
from scipy.sparse import csr_matrix

from lava_runtime.generator.process import Generator
from lava_runtime.ports import PlacePort
from lava_runtime.token_host.process import TokenHost
from realsam.ir import Lif, Network, Projection, Sparse, split_bias


@implements(proc=Generator, protocol=LoihiProtocol)
@tag("fixed_pt")
class GraphModel(AbstractSubProcessModel):
    """Sub-processes `host`, `population_<i>` and `projection_<i>`, in the network's order."""

    def __init__(self, proc: Generator) -> None:
        given = proc.proc_params
        network: Network = given["network"]
        self.host = TokenHost(network=network, driver=given["driver"], sender=given["sender"])
        lifs = {p.name: _lif(p) for p in network.populations}
        spikes = {network.input.name: self.host.lines} | {n: p.s_out for n, p in lifs.items()}
        for i, lif in enumerate(lifs.values()):
            setattr(self, f"population_{i}", lif)  # Lava finds sub-processes as attributes only
        for i, projection in enumerate(network.projections):
            is_graded = network.input.name in projection.sources
            synapses = _synapses(projection, network.input.message_bits * is_graded)
            setattr(self, f"projection_{i}", synapses)
            _connect_sources(projection, spikes, synapses)
            synapses.a_out.connect(lifs[projection.target].a_in)
        for name, lif in lifs.items():
            offset = network.spans[name].start
            PlacePort(lif.s_out, self.host.fired.size, [offset]).connect(self.host.fired)
        self.host.voltage.connect_var(lifs[network.readout].v)


def _lif(population: Lif) -> LIF:
    mantissa, exponent = split_bias(population.bias)
    registers = {
        "shape": (population.size,),
        "du": population.du,
        "dv": population.dv,
        "vth": population.vth,
        "bias_mant": mantissa,
        "bias_exp": exponent,
        "name": population.name,
    }
    if not population.reset:
        return LIF(**registers)
    reset = population.reset
    return LIFReset(**registers, reset_interval=reset.interval, reset_offset=reset.offset + 1)


def _synapses(projection: Projection, message_bits: int) -> DelayDense | DelaySparse:
    given = {
        "weight_exp": projection.weight_exp,
        "num_message_bits": message_bits,
        "sign_mode": SignMode.MIXED,
        "name": projection.name,
    }
    weight = projection.weight
    if isinstance(weight, Sparse):
        places = weight.target, weight.source
        delays = csr_matrix((projection.delay[weight.source], places), weight.shape, dtype=int)
        return DelaySparse(weights=_listed(weight), delays=delays, **given)
    delays = np.broadcast_to(projection.delay, weight.shape)
    return DelayDense(weights=weight, delays=delays, **given)


def _listed(weight: Sparse) -> csr_matrix:
    return csr_matrix(
        (weight.weight.astype(np.int32), (weight.target, weight.source)), weight.shape
    )


def _connect_sources(
    projection: Projection, spikes: dict[str, Any], synapses: DelayDense | DelaySparse
) -> None:
    ends = accumulate(spikes[name].size for name in projection.sources)
    starts = [end - spikes[n].size for n, end in zip(projection.sources, ends, strict=True)]
    for source in dict.fromkeys(projection.sources):
        # A source that is named twice, with two delays, still is one connection.
        offsets = [at for n, at in zip(projection.sources, starts, strict=True) if n == source]
        PlacePort(spikes[source], synapses.s_in.size, offsets).connect(synapses.s_in)
