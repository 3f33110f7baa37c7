"""The token-clock engine: a whole token at once, event-driven, for layered networks.

Gives the bits of `sim.reference` and skips the idle phases. Lacks: networks that do not follow
the token clock (current memory, biases, other delays).
"""

import numpy as np

from realsam.arrays import F64, I16, I64, U8
from realsam.fixedpoint import DECAY_ONE, STATE_SHIFT, clip, refuse_overflow, wrap
from realsam.ir import Driver, Network, Recorder, Run, from_network


class _Layer:
    """One layer in motion."""

    def __init__(self, network: Network, name: str, weight: I16, columns: I64) -> None:
        lif = network.population(name)
        self.name = name
        self.span = network.spans[name]
        self.columns = columns  # [M] of the spike vector
        self.fibres = np.ascontiguousarray(weight.T)  # [M, N]
        self.threshold = lif.vth << STATE_SHIFT
        # One decay is trunc(v * keep): exact in float64, whose 53 bits hold the 36-bit product.
        self.keep: F64 = (DECAY_ONE - lif.dv) / DECAY_ONE
        self.voltage: F64 = np.zeros(lif.size)

    def leak(self, steps: int) -> None:
        """Apply the truncating decay `steps` times to the voltage, in place."""
        for _ in range(steps):
            np.multiply(self.voltage, self.keep, out=self.voltage)
            np.trunc(self.voltage, out=self.voltage)

    def fire(self, a_in: I64) -> tuple[U8, I64]:
        """Take the input of this token; returns spikes and the voltages before silence."""
        v = clip(self.voltage.astype(np.int64) + wrap(a_in << STATE_SHIFT))
        spikes = v > self.threshold
        v = np.where(spikes, 0, v)
        self.voltage[:] = v
        return spikes.astype(np.uint8), v


class TokenEngine:
    """A token-clock Network in motion; all state is zero at first."""

    def __init__(self, network: Network, strict: bool = False) -> None:
        self.network = network
        self.strict = strict
        from_network(network)  # refuses a network that does not follow the clock
        self._layers = [
            _Layer(network, q.target, q.weight, network.columns(q)) for q in network.projections
        ]
        self._input = network.spans[network.input.name]
        self._fired = np.zeros(sum(network.sizes.values()), np.uint8)
        self._time = 0  # chip steps before this token

    def token(self, spikes: U8) -> tuple[U8, I64]:
        """Advance one token; returns all its spikes and the readout voltages [D]."""
        fired, voltage = self._fired, np.zeros(0, np.int64)
        fired[self._input] = spikes
        for phase, layer in enumerate(self._layers, 1):
            # Earlier layers hold this token's spikes, the layer itself those of the last one.
            active = np.flatnonzero(fired[layer.columns])
            a_in = np.add.reduce(layer.fibres[active], axis=0, dtype=np.int64)
            if self.strict:
                refuse_overflow(layer.name, a_in << STATE_SHIFT, self._time + phase)
            layer.leak(self.network.steps_per_token)
            fired[layer.span], voltage = layer.fire(a_in)
        self._time += self.network.steps_per_token
        return fired, voltage


def run(network: Network, driver: Driver, strict: bool = False) -> Run:
    """Run one document from reset.

    Raises:
        NetworkError: if the network does not follow the token clock.
        CurrentOverflowError: in strict mode, if a current leaves 24 bits.
    """
    engine, recorder = TokenEngine(network, strict), Recorder(network, "token-clock")
    while (spikes := driver.spikes()) is not None:
        recorder.add(*(token := engine.token(spikes)))
        driver.take(token[1])
    return recorder.run()
