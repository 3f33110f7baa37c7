"""The layout of our netx HDF5 files, and which populations are plain netx.

    layer/0             type "input", shape [M]
    layer/<i>           type "dense" or "dense_rec", shape [N], weight [N, M], weight_rec [N, N],
                        bias [N] in units of weights; neuron/{type "CUBA", iDecay = du + 1,
                        vDecay = dv, vThMant = vth}, each one number or [N]
    layer/<i>           type "concat", layers: which layers feed the dense layer behind it, in the
                        order of its columns; that layer itself and later ones may be among them
    layer/<i + 1>       the dense layer behind a concat: also delay [M], one per column
    realsam             attributes format, steps_per_token, readout_phase, readout, digest
    realsam/input       attribute name; message_bits of a graded input
    realsam/population/<k>  attribute name of the k-th dense layer; bias [N] where netx's cannot
                        hold it; reset_interval and reset_offset where it has resets
    realsam/projection/<j>  attributes target (name), n_sources, weight_exp: projections in their
                        order; together they use up the sources of each dense layer from the left,
                        but for those whose weights are a list (`realsam.ir.Sparse`): these have
                        layers (see concat), delay [M], start [M + 1], synapse [S] (their targets)
                        and weight [S] themselves

`layer` is netx, `realsam` adds what netx has no key for. Stock netx ignores keys that it does not
know, so everything that it would run as another network stands behind a concat, which it refuses:
also resets and the layers that hear a graded input, which are arguments of its `Network`.

Sources: lava-dl 0.6.0 `lava/lib/dl/netx/hdf5.py` (keys, arguments), `netx/utils.py` (scaling);
lava-nc 0.10.0 `lava/utils/weightutils.py` (sign modes).
"""

from dataclasses import dataclass

import numpy as np

from realsam.arrays import I16, I64
from realsam.ir import Input, Lif, Network, Projection, Sparse
from realsam.limits import BIAS_MANTISSA_MAX

FORMAT = 1
BIAS_SHIFT = 6  # netx counts biases and thresholds in units of weights


@dataclass(frozen=True, eq=False)
class Stack:
    """A population and its matrices side by side: what one dense layer holds."""

    lif: Lif
    projections: tuple[Projection, ...]  # those whose weights are a matrix
    is_whole: bool = True  # there are no others

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the populations whose neurons are the columns."""
        return tuple(name for q in self.projections for name in q.sources)

    @property
    def weight(self) -> I16:
        """[N, M] weights of these projections."""
        none = np.zeros((self.lif.size, 0), np.int16)
        return np.hstack([none, *(q.matrix for q in self.projections)])

    @property
    def delay(self) -> I64:
        """[M] delays of these projections."""
        return np.concatenate([np.zeros(0, np.int64), *(q.delay for q in self.projections)])

    def is_plain(self, previous: str, lines: Input) -> bool:
        """True if stock netx runs this population, fed by `previous`, without a concat."""
        if not self.is_whole or self.lif.reset:
            return False
        if lines.message_bits and lines.name in self.sources:
            return False
        chain = self.sources in ((previous,), (previous, self.lif.name))
        on_time = not self.delay.any() and not any(q.weight_exp for q in self.projections)
        return chain and on_time and bias_fits(self.lif.bias) and self._weights_fit()

    def _weights_fit(self) -> bool:
        # netx scales a layer to 8 bits by its largest weight, and fails on a layer of zeros. Lava
        # clips a block without positive weights at -255, and -256 is what every negative power of
        # two can become by scaling.
        own = self.lif.size if self.is_recurrent else 0
        blocks = np.hsplit(self.weight, [self.weight.shape[1] - own])
        negative = [-int(b.min()) for b in blocks if b.size and b.max() <= 0 and b.any()]
        return any(b.any() for b in blocks) and not any(n & (n - 1) == 0 for n in negative)

    @property
    def is_recurrent(self) -> bool:
        """True if a plain layer of this population hears itself."""
        return len(self.sources) == 2


def stacks(network: Network) -> list[Stack]:
    """The populations of a network, each with the matrices into it."""
    into: dict[str, list[Projection]] = {p.name: [] for p in network.populations}
    for q in network.projections:
        into[q.target].append(q)
    found = []
    for p in network.populations:
        matrices = tuple(q for q in into[p.name] if not isinstance(q.weight, Sparse))
        found.append(Stack(p, matrices, len(matrices) == len(into[p.name])))
    return found


def bias_fits(bias: I64) -> bool:
    """True if netx can hold every bias of a population: a mantissa with exponent 6."""
    largest = BIAS_MANTISSA_MAX << BIAS_SHIFT
    return bool(np.all(bias % (1 << BIAS_SHIFT) == 0) and np.all(np.abs(bias) <= largest))
