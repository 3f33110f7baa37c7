"""Network: what to run. Named populations and projections on a token clock.

A Network is a value: frozen, checked on construction, its arrays read-only.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np

from realsam.arrays import I64
from realsam.errors import NetworkError
from realsam.ir.neuron import Input, Lif
from realsam.ir.sparse import Sparse
from realsam.ir.synapse import Projection
from realsam.limits import ARRIVING_MAX, STEPS_PER_TOKEN_MAX, WEIGHT_MIN


@dataclass(frozen=True, eq=False)
class Network:
    """Populations and projections that run `steps_per_token` chip steps per token.

    The host drives the input lines in phase 0 of a token and reads v of the readout population
    at the end of phase `readout_phase`. All state is zero at the start of a document.
    """

    input: Input
    populations: tuple[Lif, ...]
    projections: tuple[Projection, ...]
    readout: str  # name of the population whose voltage the host reads
    steps_per_token: int = 1  # P, 1..62
    readout_phase: int = 0  # 0..P-1

    def __post_init__(self) -> None:
        for field in ("steps_per_token", "readout_phase"):
            object.__setattr__(self, field, int(getattr(self, field)))
        names = [self.input.name, *(p.name for p in self.populations)]
        times = Counter(names)
        for name in names:
            if times[name] > 1 or not name or "/" in name:
                raise NetworkError(
                    f"population name {name!r} is not unique or not usable",
                    "give each population its own name without '/'",
                )
        if not 1 <= self.steps_per_token <= STEPS_PER_TOKEN_MAX:
            raise NetworkError(
                f"steps_per_token = {self.steps_per_token} is outside 1..{STEPS_PER_TOKEN_MAX}",
                "choose a number of chip steps in it",
            )
        if not 0 <= self.readout_phase < self.steps_per_token:
            raise NetworkError(
                f"readout_phase = {self.readout_phase} is outside 0..{self.steps_per_token - 1}",
                "read inside the token",
            )
        if self.readout not in names[1:]:
            raise NetworkError(
                f"readout {self.readout!r} is no population", f"name one of {', '.join(names[1:])}"
            )
        sizes = self.sizes
        for projection in self.projections:
            self._check_projection(sizes, projection)
        self._refuse_endless_sums()

    def _check_projection(self, sizes: dict[str, int], projection: Projection) -> None:
        for name in (projection.target, *projection.sources):
            if name not in sizes or (name == projection.target == self.input.name):
                raise NetworkError(
                    f"{projection.name}: {name!r} is no population it can use",
                    f"name one of {', '.join(sizes)}",
                )
        expected = (sizes[projection.target], sum(sizes[s] for s in projection.sources))
        if projection.weight.shape != expected:
            raise NetworkError(
                f"{projection.name}: weight is {projection.weight.shape}",
                f"its populations need {expected}",
            )

    def _refuse_endless_sums(self) -> None:
        # A sum beyond 64 bits could come back in range, where strict mode would not see it.
        payload = -self.input.payloads[0] or 1
        reach = dict.fromkeys(self.sizes, 0)
        for q in self.projections:
            reach[q.target] += q.delay.size * payload * -WEIGHT_MIN << max(0, q.weight_exp)
        for name, most in reach.items():
            if most >= ARRIVING_MAX:
                raise NetworkError(
                    f"{name}: its input may sum up to {most}, not below 2**56",
                    "use fewer message bits, fewer synapses or smaller weight exponents",
                )

    @property
    def sizes(self) -> dict[str, int]:
        """Neurons of every population, the input first: the order of the spike vector."""
        return {self.input.name: self.input.size} | {p.name: p.size for p in self.populations}

    @property
    def spans(self) -> dict[str, slice]:
        """Where each population stands in the spike vector of the whole network."""
        ends = np.cumsum(list(self.sizes.values()))
        return {
            name: slice(int(end) - size, int(end))
            for (name, size), end in zip(self.sizes.items(), ends, strict=True)
        }

    def columns(self, projection: Projection) -> I64:
        """[M] index of each column of a projection in the spike vector."""
        spans = self.spans
        return np.concatenate(
            [np.arange(spans[s].start, spans[s].stop) for s in projection.sources]
        )

    def fan_out(self) -> dict[str, I64]:
        """Non-zero synapses that leave each neuron, per population: [N]."""
        total = {name: np.zeros(size, np.int64) for name, size in self.sizes.items()}
        for projection in self.projections:
            counts, end = projection.fan_out(), 0
            for name in projection.sources:
                start, end = end, end + total[name].size
                total[name] += counts[start:end]
        return total

    def population(self, name: str) -> Lif:
        """The population of that name."""
        return next(p for p in self.populations if p.name == name)

    @cached_property  # of millions of weights that never change
    def digest(self) -> str:
        """SHA-256 over every register, weight and delay; equal networks have equal digests."""
        whole = sha256()
        for piece in self._pieces():
            whole.update(piece)
        return whole.hexdigest()

    def _pieces(self) -> Iterator[bytes]:
        resets = [p.reset for p in self.populations]
        if self.input.message_bits or any(resets):
            # In front, and only where they are used: other networks keep their digest.
            yield repr((self.input.message_bits, resets)).encode()
        lines = f"Input(name={self.input.name!r}, size={self.input.size})"
        clock = f"{self.readout!r}, {self.steps_per_token}, {self.readout_phase}"
        yield f"({lines}, {clock})".encode()
        for p in self.populations:
            yield p.name.encode()
            for register in (p.du, p.dv, p.bias, p.vth):
                yield register.astype("<i8").tobytes()
        for q in self.projections:
            yield repr((q.target, q.sources, q.weight_exp, q.weight.shape)).encode()
            yield q.delay.astype("<i8").tobytes()
            if isinstance(q.weight, Sparse):
                yield b"sparse" + q.weight.start.astype("<i8").tobytes()
                yield q.weight.target.astype("<i4").tobytes()
            yield q.stored.astype("<i2").tobytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)
