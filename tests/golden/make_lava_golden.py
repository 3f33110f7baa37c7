"""Records small networks on stock Lava: stock processes, stock models, nothing of this project.

Usage: python make_lava_golden.py OUTPUT.npz

Every chip step is one run of one step, after which u and v of all populations are fetched; the
spikes are collected by Lava's sink. See README.md for versions and command.
"""

import sys

import numpy as np
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.dense.process import DelayDense
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.io.source import RingBuffer as Source
from lava.proc.lif.process import LIF
from lava.utils.weightutils import SignMode

STEPS = 90


def population(size, du, dv, vth, mantissa=0, exponent=0):
    """Registers of a population, one value per neuron."""
    given = {"du": du, "dv": dv, "vth": vth, "mantissa": mantissa, "exponent": exponent}
    return {name: np.broadcast_to(np.int64(value), size).copy() for name, value in given.items()}


def synapses(rng, target, source, shape, exponent=0, longest=0, low=-128, high=128):
    """A projection with random even weights and one delay per source neuron."""
    return {
        "target": target,
        "source": source,
        "weight": 2 * rng.integers(low, high, shape),
        "delay": rng.integers(0, longest + 1, shape[1]),
        "exponent": exponent,
    }


def cases(rng):
    """Named networks: (input density, populations, projections); all inputs have 5 lines."""
    chain = {"a": population(6, 410, 82, 150, 3, 2), "b": population(4, 4095, 4096, 80)}
    yield "chain", 0.3, chain, [synapses(rng, "a", "in", (6, 5)), synapses(rng, "b", "a", (4, 6))]

    loop = {"a": population(5, 1000, 200, 120), "b": population(5, 60, 30, 400, -7, 1)}
    yield (
        "delays",
        0.3,
        loop,
        [
            synapses(rng, "a", "in", (5, 5), 1, longest=3),
            synapses(rng, "a", "a", (5, 5), -1, longest=62),
            synapses(rng, "a", "b", (5, 5), -2, longest=9),
            synapses(rng, "b", "a", (5, 5), 2, longest=17),
        ],
    )

    # Steady drive through a weight exponent of 7: u wraps in both directions, v clips at both ends.
    large = {
        "up": population(4, [0, 1, 20, 300], [0, 1, 5, 4096], 1 << 17),
        "down": population(4, [0, 1, 20, 300], 0, 131071, 4095, 7),
    }
    yield (
        "overflow",
        0.9,
        large,
        [
            synapses(rng, "up", "in", (4, 5), 7, low=60),
            synapses(rng, "down", "in", (4, 5), 7, high=-60),
        ],
    )

    edges = {
        "a": population(
            8, [0, 0, 1, 1, 4094, 4094, 4095, 4095], [0, 4096, 1, 4095] * 2, [0, 1, 90, 200] * 2
        ),
        "b": population(
            5,
            4095,
            [0, 1, 4095, 4096, 2048],
            [0, 1, 131071, 1 << 17, 60],
            [0, 1, -1, 4095, -4095],
            [0, 0, 7, 7, 1],
        ),
    }
    yield (
        "edges",
        0.2,
        edges,
        [
            synapses(rng, "a", "in", (8, 5)),
            synapses(rng, "b", "a", (5, 8), longest=62),
            synapses(rng, "b", "b", (5, 5), 3),
        ],
    )


def play(spikes, populations, projections):
    """Run STEPS steps; returns u, v and s [STEPS, N] of every population."""
    source = Source(data=spikes.T.copy())
    lifs = {
        name: LIF(
            shape=p["du"].shape,
            du=p["du"],
            dv=p["dv"],
            vth=p["vth"],
            bias_mant=p["mantissa"],
            bias_exp=p["exponent"],
        )
        for name, p in populations.items()
    }
    ports = {"in": source.s_out} | {name: lif.s_out for name, lif in lifs.items()}
    for q in projections:
        delays = np.broadcast_to(q["delay"], q["weight"].shape).copy()
        dense = DelayDense(
            weights=q["weight"], delays=delays, weight_exp=q["exponent"], sign_mode=SignMode.MIXED
        )
        ports[q["source"]].connect(dense.s_in)
        dense.a_out.connect(lifs[q["target"]].a_in)
    sinks = {name: Sink(shape=p["du"].shape, buffer=STEPS) for name, p in populations.items()}
    for name, sink in sinks.items():
        lifs[name].s_out.connect(sink.a_in)

    states = {f"{register}/{name}": [] for name in lifs for register in "uv"}
    for _ in range(STEPS):
        source.run(RunSteps(1), Loihi2SimCfg(select_tag="fixed_pt"))
        for name, lif in lifs.items():
            states[f"u/{name}"].append(lif.u.get())
            states[f"v/{name}"].append(lif.v.get())
    recorded = {key: np.array(rows, np.int32) for key, rows in states.items()}
    recorded |= {f"s/{name}": sink.data.get().T.astype(np.uint8) for name, sink in sinks.items()}
    source.stop()
    return recorded


def main(path):
    """Record every case into one compressed file; keys are case/part/name."""
    rng = np.random.default_rng(2026)
    arrays = {}
    for case, density, populations, projections in cases(rng):
        spikes = (rng.random((STEPS, 5)) < density).astype(np.uint8)
        arrays[f"{case}/input"] = spikes
        for name, registers in populations.items():
            for register, values in registers.items():
                arrays[f"{case}/population/{name}/{register}"] = values
        for i, projection in enumerate(projections):
            for part, values in projection.items():
                arrays[f"{case}/projection/{i}/{part}"] = np.array(values)
        recorded = play(spikes, populations, projections)
        arrays |= {f"{case}/recorded/{key}": values for key, values in recorded.items()}
        u = np.concatenate([a for k, a in recorded.items() if k[0] == "u"], axis=1)
        v = np.concatenate([a for k, a in recorded.items() if k[0] == "v"], axis=1)
        s = np.concatenate([a for k, a in recorded.items() if k[0] == "s"], axis=1)
        print(f"{case}: u {u.min()}..{u.max()}, v {v.min()}..{v.max()}, {s.sum()} spikes")
    np.savez_compressed(path, **arrays)


if __name__ == "__main__":
    main(sys.argv[1])
