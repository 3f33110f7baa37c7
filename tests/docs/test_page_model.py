"""docs/index.html draws the network that is shipped, and rasters that its record holds."""

import numpy as np

from export.bundle import load_bundle
from realsam.vocab import prompt_tokens
from tests.docs import reading

BUNDLE = load_bundle()
NETWORK = BUNDLE.network
LAYERS = [f"layer{i}" for i in range(1, 7)]
TOKENS = (1, 2, 3)  # of the probe text


def test_every_layer_hears_the_input_all_earlier_layers_and_itself() -> None:
    """As drawn: dense skips, and a loop at each layer but not at the readout."""
    order = ["input", *LAYERS, "readout"]
    incoming = {q.target: q.sources for q in NETWORK.projections}

    for place, name in enumerate(order[1:], 1):
        own = () if name == "readout" else (name,)
        assert incoming[name] == (*order[:place], *own)


def test_all_that_a_layer_hears_meets_in_its_step() -> None:
    """A spike of layer k reaches layer l in step l, and its own block one token later."""
    order = ["input", *LAYERS, "readout"]
    for q in NETWORK.projections:
        ends = np.cumsum([NETWORK.sizes[source] for source in q.sources])
        for source, delays in zip(q.sources, np.split(q.delay, ends[:-1]), strict=True):
            steps = order.index(q.target) - order.index(source) or NETWORK.steps_per_token
            assert set(delays.tolist()) == {steps - 1}
    told = reading.text(reading.section("architecture"))
    assert f"as they fired one token, {NETWORK.steps_per_token} steps, ago" in told
    assert f"in step {NETWORK.readout_phase}" in told
    assert f"A token takes {NETWORK.steps_per_token} chip steps" in told


def test_recurrence_stays_in_its_block() -> None:
    """No weight between neurons of different blocks of 64."""
    block = np.arange(512) // 64
    for q in NETWORK.projections:
        if q.target in LAYERS:
            own = np.asarray(q.weight)[:, -512:]
            assert not np.any(own[block[:, None] != block[None, :]])
    assert "Recurrence in blocks of 64" in reading.section("architecture")


def test_the_sizes_are_those_of_the_model() -> None:
    """Neurons, synapses, code, readout and decoder, each with its number."""
    told, host = reading.text(reading.section("architecture")), BUNDLE.host
    sizes, vth = NETWORK.sizes, NETWORK.population("readout").vth

    n_synapses = sum(q.delay.size * sizes[q.target] for q in NETWORK.projections)
    assert np.all(vth << 6 > (1 << 23) - 1)  # beyond every voltage: it never spikes
    for fact in (
        f"{len(LAYERS)} layers of {sizes['layer1']} LIF neurons",
        f"{sizes['readout']} neurons that hear everything and never spike",
        f"{host.code.shape[0]:,} × {host.code.shape[1]} bits",
        f"{sizes['input'] - 1} code lines, one always on",
        f"{host.decode.size:,} multiplications of int8 weights",
        f"{n_synapses:,} synapses",
    ):
        assert fact in told
    assert np.all(host.code[:, -1] == 1)
    checked = f"{BUNDLE.record.n_tokens} tokens × {sum(sizes.values()):,} neurons"
    assert checked in reading.text(reading.section("exactness"))


def test_every_lane_of_the_rasters_is_the_record_of_the_training() -> None:
    """Six runs, each with the spikes that the training module left in the bundle."""
    tokens = prompt_tokens(BUNDLE.vocabulary, BUNDLE.manifest["probe"]["text"])
    assert [f"“{BUNDLE.vocabulary.decode([tokens[k]]).strip()}”" for k in TOKENS] == [
        *("“Once”", "“upon”", "“a”")
    ]
    drawn = reading.lanes()
    assert [len(token) for token in drawn] == [6, 6, 6]

    for k, token in zip(TOKENS, drawn, strict=True):
        for lane, marks in enumerate(token):
            expected = {
                (int(i), row * (6 * 5 + 10) + 5 * lane)
                for row, name in enumerate(LAYERS)
                for i in np.flatnonzero(BUNDLE.record.spikes[name][k])
            }
            assert expected == marks
