"""Our counts against those of NeuroBench, on the same network in torch: equal to the last one.

NeuroBench hears of spikes when a Linear module gets them. What the last token sends on to the next
one, which never comes, it does not count; nor has a membrane of the first step one before it, so
that it counts all of these. Both are taken into account below.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from export.bundle import SHIPPED, load_bundle
from realsam.arrays import I64, Spikes
from realsam.fixedpoint import decay
from realsam.ir import (
    Input,
    Lif,
    Network,
    Projection,
    Replay,
    Run,
    from_network,
    to_network,
)
from realsam.report import Counts, count, facts_of
from sim.activity import observe
from sim.reference import State, update
from sim.simulator import run as simulate
from tests import strategies

torch = pytest.importorskip("torch", reason="torch is not installed")
snn = pytest.importorskip("snntorch", reason="snnTorch is not installed")
pytest.importorskip("neurobench", reason="NeuroBench is not installed: see requirements-dev.txt")

from neurobench.metrics.static import ConnectionSparsity, Footprint  # noqa: E402
from neurobench.metrics.workload import (  # noqa: E402
    ActivationSparsity,
    MembraneUpdates,
    SynapticOperations,
)
from neurobench.models import TorchModel  # noqa: E402


class Membrane(snn.SpikingNeuron):
    """A population in the chip's arithmetic, as snnTorch has its neurons: NeuroBench knows it."""

    def __init__(self, lif: Lif, idle_steps: int = 0) -> None:
        super().__init__(init_hidden=True, output=False)
        self._lif, self._idle = lif, idle_steps
        self._state = State(np.zeros(lif.size, np.int64), np.zeros(lif.size, np.int64))
        self.mem = torch.zeros(1, lif.size, dtype=torch.float64)

    def forward(self, a_in: Any) -> Any:
        """[1, N] spikes for weighted sums [1, N]."""
        for _ in range(self._idle):
            self._state.v = decay(self._state.v, self._lif.dv)
        spikes = update(self._lif, self._state, a_in.numpy()[0].astype(np.int64))
        self.mem = torch.tensor(self._state.v[None], dtype=torch.float64)
        return torch.tensor(spikes[None], dtype=torch.float64)


class Net(torch.nn.Module):
    """A Linear per projection and source, a Membrane per population.

    Args:
        network: of which each source of a projection has one delay.
        whole_tokens: play a token in one step, as the token clock allows; else P must be 1.
    """

    def __init__(self, network: Network, whole_tokens: bool) -> None:
        super().__init__()
        self._network, self._whole = network, whole_tokens
        self.linear = torch.nn.ModuleDict()
        for q in network.projections:
            widths = np.cumsum([network.sizes[name] for name in q.sources])[:-1]
            for name, weight in zip(q.sources, np.split(q.matrix, widths, axis=1), strict=True):
                layer = torch.nn.Linear(*weight.T.shape, bias=False, dtype=torch.float64)
                layer.weight.data = torch.tensor(weight, dtype=torch.float64)
                self.linear[f"{name} {q.target}"] = layer
        idle = network.steps_per_token - 1 if whole_tokens else 0
        self.neurons = torch.nn.ModuleDict(
            {p.name: Membrane(p, idle) for p in network.populations if p.name != "readout"}
        )

    def forward(self, inputs: Any) -> Any:
        """[1, K, N] spikes of all neurons for input spikes [1, K, M]."""
        sizes = self._network.sizes
        before = {n: torch.zeros(1, size, dtype=torch.float64) for n, size in sizes.items()}
        played = []
        for k in range(inputs.shape[1]):
            now = {self._network.input.name: inputs[:, k]}
            for q in self._network.projections:
                sums = []
                for name in q.sources:
                    heard = now if self._whole and name in now else before
                    sums.append(self.linear[f"{name} {q.target}"](heard[name]))
                if q.target in self.neurons:
                    now[q.target] = self.neurons[q.target](sum(sums))
            before = now
            played.append(torch.cat([now[name] for name in self.neurons], 1))
        return torch.stack(played, 1)


def measured(network: Network, spikes: Spikes, whole_tokens: bool) -> dict[str, Any]:
    """What NeuroBench says of a run, and the spikes [K, N] that the torch network had."""
    net = Net(network, whole_tokens)
    model = TorchModel(net)
    model.add_activation_module(snn.SpikingNeuron)
    inputs = torch.tensor(spikes[None], dtype=torch.float64)
    found = {"connection_sparsity": ConnectionSparsity()(model), "footprint": Footprint()(model)}
    buffers = sum(b.numel() * b.element_size() for b in net.neurons.buffers())
    found["footprint"] -= buffers + sum(
        p.numel() * p.element_size() for p in net.neurons.parameters()
    )
    model.register_hooks()
    with torch.no_grad():
        found["spikes"] = model(inputs).numpy()[0]
    given = model, None, (inputs, None)
    found["activation_sparsity"] = ActivationSparsity()(*given)
    found["membrane_updates"] = MembraneUpdates()(*given)
    found |= SynapticOperations()(*given)
    model.cleanup_hooks()
    return found


def lif(rng: np.random.Generator, name: str, size: int) -> Lif:
    """Neurons that fire now and then, with some memory of current."""
    du, dv = rng.integers(2000, 4096, size), rng.integers(0, 2000, size)
    return Lif(name, du, dv, rng.integers(0, 900, size), rng.integers(20, 300, size))


def recurrent(seed: int) -> Network:
    """Two populations that hear the input, each other and themselves, a step later."""
    rng = np.random.default_rng(seed)

    def into(target: str, size: int, **sources: int) -> Projection:
        weight = 2 * rng.integers(-40, 60, (size, sum(sources.values())))
        weight[rng.random(weight.shape) < 0.4] = 0
        return Projection(target, tuple(sources), weight, np.zeros(weight.shape[1], np.int64))

    return Network(
        Input("lines", 5),
        (lif(rng, "a", 7), lif(rng, "b", 6)),
        (into("a", 7, lines=5, a=7, b=6), into("b", 6, lines=5, a=7)),
        "b",
    )


def counted(network: Network, spikes: Spikes) -> tuple[Counts, Run]:
    """Our counts."""
    run = simulate(network, Replay(spikes))
    return count(facts_of(network), run), run


def consumed(counts: Counts, spiking_on: set[tuple[str, str]]) -> int:
    """Synaptic operations but those that the last token sends to a next one.

    Args:
        counts: ours.
        spiking_on: source and target of the links that reach the next token.
    """
    total = 0
    for q in counts.links:
        late = (q.link.source, q.link.target) in spiking_on
        total += int(q.n_synops[: -1 if late else None].sum())
    return total


def silent_share(counts: Counts) -> float:
    """Activation sparsity from our integers, in NeuroBench's order of rounding."""
    neurons = sum(p.population.n_neurons for p in counts.lif) * counts.n_tokens
    return (neurons - sum(int(p.n_active.sum()) for p in counts.lif)) / neurons


@pytest.mark.parametrize("seed", range(6))
def test_every_metric_of_a_recurrent_network(seed: int) -> None:
    """A chip step is a step of the network: spikes, sparsities, operations, membranes, bytes."""
    network = recurrent(seed)
    spikes = (np.random.default_rng(seed).random((40, 5)) < 0.4).astype(np.uint8)
    counts, run = counted(network, spikes)
    moved: I64 = sum(observe(network, spikes).n_moved.values())

    theirs = measured(network, spikes, whole_tokens=False)

    assert np.array_equal(theirs["spikes"], np.hstack([run.spikes["a"], run.spikes["b"]]))
    assert 0 < counts.firing_rate < 1
    links = {(q.link.source, q.link.target) for q in counts.links}
    assert theirs["Effective_ACs"] == consumed(counts, links)
    assert theirs["Effective_MACs"] == 0
    assert theirs["Dense"] == counts.n_synops_dense * 40
    assert theirs["activation_sparsity"] == silent_share(counts)
    assert theirs["activation_sparsity"] == pytest.approx(counts.activation_sparsity, abs=1e-15)
    assert theirs["connection_sparsity"] == round(counts.connection_sparsity, 4)
    assert theirs["membrane_updates"] == moved[1:].sum() + 13
    assert theirs["footprint"] == 8 * counts.facts.footprint_bytes["weights"]


def test_payloads_are_multiply_accumulates_there() -> None:
    """The same number of operations under another name: ours are of any message."""
    network = replace(recurrent(1), input=Input("lines", 5, 8))
    payloads = np.random.default_rng(1).integers(0, 4, (40, 5), dtype=np.int32) * 3
    counts, _ = counted(network, payloads)

    theirs = measured(network, payloads, whole_tokens=False)

    late = {(q.link.source, q.link.target) for q in counts.links}
    assert theirs["Effective_MACs"] > 0
    assert theirs["Effective_ACs"] + theirs["Effective_MACs"] == consumed(counts, late)


def check_token_clock(network: Network, spikes: Spikes) -> None:
    """A token is a step of the network."""
    counts, run = counted(network, spikes)
    layers = [layer.name for layer in from_network(network).layers[:-1]]

    theirs = measured(network, spikes, whole_tokens=True)

    assert np.array_equal(theirs["spikes"], np.hstack([run.spikes[name] for name in layers]))
    assert theirs["Effective_ACs"] == consumed(counts, {(name, name) for name in layers})
    assert theirs["Dense"] == counts.n_synops_dense * len(spikes)
    assert theirs["activation_sparsity"] == silent_share(counts)
    assert theirs["connection_sparsity"] == round(counts.connection_sparsity, 4)
    assert theirs["footprint"] == 8 * counts.facts.footprint_bytes["weights"]


@pytest.mark.parametrize("seed", range(4))
def test_language_models(seed: int) -> None:
    """Recurrent layers with dense skips and a readout."""
    rng = np.random.default_rng(seed)
    network = to_network(strategies.token_clock(rng, layers=3))
    layers = (replace(p, vth=rng.integers(0, 600, p.size)) for p in network.populations[:-1])
    network = replace(network, populations=(*layers, network.populations[-1]))
    check_token_clock(network, (rng.random((12, 5)) < 0.5).astype(np.uint8))


@pytest.mark.skipif(not SHIPPED.exists(), reason="no model is shipped")
def test_shipped_model() -> None:
    """The first tokens of its record."""
    bundle = load_bundle()
    check_token_clock(bundle.network, bundle.record.spikes[bundle.network.input.name][:24])
