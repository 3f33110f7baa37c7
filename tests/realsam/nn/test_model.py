"""The language model: what it computes in eval mode is the network that is exported."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from realsam.errors import DataError
from realsam.ir import IO_PHASES, Replay
from realsam.lower import lower
from realsam.nn import backend
from realsam.nn.config import ModelConfig
from realsam.nn.model import SpikingLM
from realsam.train.record import record, said
from sim import reference, simulator
from tests import tiny

TOKENS = [0, 5, 299, 17, 17, 3, 120, 44, 5, 80, 81, 82]


VERSIONS = {
    "v1": {"wiring": "chain"},
    "v2": {"layers": 3, "wiring": "residual", "gains": True},
    "v3": {
        "layers": 3,
        "wiring": "residual",
        "gains": True,
        "gates": True,
        "homeostasis": True,
    },
    "v4": {
        "layers": 3,
        "wiring": "residual",
        "gates": True,
        "environment": 0.5,
        "diversity": 0.3,
    },
}


def play(model: SpikingLM, seed: torch.Tensor | None = None) -> tuple[torch.Tensor, ...]:
    """Spikes per layer for some tokens."""
    ids = torch.tensor(TOKENS)[:, None]
    with torch.no_grad():
        return model(ids, torch.ones(len(TOKENS), 1), dropout_seed=seed, record=True).fired


@pytest.mark.parametrize("engine", [reference, simulator, backend], ids=lambda m: m.__name__)
@pytest.mark.parametrize(
    "config",
    [
        {},
        {"recurrent_block": None},
        {"recurrent_block": 4},
        {"layers": 1},
        {"layers": 4},
        *VERSIONS.values(),
    ],
)
def test_lowered_network_equals_the_module(engine: object, config: dict[str, object]) -> None:
    """Every spike and readout voltage of the module's own eval forward."""
    model = tiny.model(seed=1, **config)
    network, _ = lower(model, end_of_text=0)

    truth, _ = record(model, network, TOKENS)
    run = engine.run(network, Replay(truth.spikes["input"]))

    assert truth.digests() == run.digests()
    assert sum(int(truth.spikes[f"layer{i + 1}"].sum()) for i in range(len(model.layers)))


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_weights_lower_exactly(seed: int) -> None:
    """Random parameters, thresholds and decays included."""
    model = tiny.model(seed)
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in model.layers:
            layer.rate.copy_(torch.empty_like(layer.rate).uniform_(-9, 1, generator=draw))
            layer.threshold.copy_(torch.rand(1, generator=draw) * 3)
    network, _ = lower(model, end_of_text=0)

    truth, _ = record(model, network, TOKENS)

    assert truth.digests() == reference.run(network, Replay(truth.spikes["input"])).digests()


def test_logits_are_those_of_the_host() -> None:
    """Up to the rounding of the output bias to logit units."""
    model = tiny.model()
    network, host = lower(model, end_of_text=0)
    truth, _ = record(model, network, TOKENS)

    ours = model.logits(torch.tensor(truth.voltage, dtype=torch.float32)).detach().numpy()

    unit = host.nats_per_logit
    logits = np.array([host.logits(row) for row in truth.voltage])
    np.testing.assert_allclose(logits * unit, ours, atol=unit, rtol=1e-5)


def test_input_spikes_are_those_of_the_host() -> None:
    """The code of the tokens and the always-on line."""
    model = tiny.model()
    network, host = lower(model, end_of_text=0)

    spikes = record(model, network, TOKENS)[0].spikes["input"]

    assert np.array_equal(host.code[TOKENS], spikes)
    assert spikes[:, -1].all()


def test_recorded_nats_are_those_of_the_host() -> None:
    """The mean over the text, its closing end of text included."""
    model = tiny.model()
    network, host = lower(model, end_of_text=0)

    truth, nats = record(model, network, TOKENS)

    following = np.array([*TOKENS[1:], 0])
    assert nats == pytest.approx(host.nats(truth.voltage, following).mean(), rel=1e-4)


def test_a_tagger_lowers_exactly_and_says_its_tags() -> None:
    """Its decoder is its own; the likeliest tags of the module are those of the host."""
    model = tiny.model(tags=3)
    network, host = lower(model, 0, ("O", "B-A", "I-A"), delay=2)

    truth, nats = record(model, network, TOKENS)

    tags = [int(host.logits(v).argmax()) for v in truth.voltage]
    assert truth.digests() == reference.run(network, Replay(truth.spikes["input"])).digests()
    assert host.decode.shape == (3, 8)
    assert tags == said(model, truth)
    assert len(set(tags)) > 1
    assert nats == pytest.approx(host.nats(truth.voltage, np.array(tags)).mean(), rel=1e-4)


def test_dropout_needs_a_seed() -> None:
    """Without one it changes nothing; with one the layers above the first miss spikes."""
    model = tiny.model(dropout=0.9, width=48)
    exact, plain = play(model), play(tiny.model(width=48))

    dropped = play(model, torch.tensor(1))

    assert all(torch.equal(a, b) for a, b in zip(exact, plain, strict=True))
    assert torch.equal(exact[0], dropped[0])
    assert not torch.equal(exact[1], dropped[1])


def test_playing_draws_no_random_numbers() -> None:
    """Dropout comes from its seed alone, so a resumed run needs no generator's state."""
    model, before = tiny.model(dropout=0.5), torch.get_rng_state()

    first, again = play(model, torch.tensor(7)), play(model, torch.tensor(7))

    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_training_is_exact_too() -> None:
    """Quantization is on in every forward, whatever the module's mode."""
    model = tiny.model()

    for a, b in pairwise([play(model.train()), play(model.eval())]):
        assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("config", [{}, *VERSIONS.values()], ids=["base", *VERSIONS])
def test_every_parameter_gets_a_gradient(config: dict[str, object]) -> None:
    """Encoder, weights, decays, thresholds, gates, gains, decoder."""
    model = tiny.model(**config)
    ids = torch.tensor(TOKENS)[:, None]

    played = model(ids, torch.ones(len(TOKENS), 1))
    model.loss(played.voltage[:-1], ids[1:])[0].backward()

    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


def test_default_token_has_room_for_chip_io() -> None:
    """P is the number of layers and the phases of input and output."""
    assert ModelConfig.of(layers=3, width=8, vocab_size=300).steps_per_token == 3 + IO_PHASES


def test_new_models_half_lives_span_the_configured_range() -> None:
    """The slowest group keeps half over 20 tokens, the fastest over 0.7."""
    config = ModelConfig.of(
        layers=1, width=8, vocab_size=300, code_bits=8, groups=4, half_life=(0.7, 20.0)
    )

    (layer,), _ = SpikingLM(config).integers()
    keep = 1 - layer.dv.detach() / 4096

    lives = np.log(0.5) / np.log(keep.numpy()) / config.steps_per_token
    assert (lives[0], lives[-1]) == pytest.approx((0.7, 20.0), rel=0.03)


def test_loss_is_the_cross_entropy_of_the_logits() -> None:
    """The nats are the same number, without a gradient."""
    model, ids = tiny.model(), torch.tensor(TOKENS)[:, None]
    voltage = model(ids, torch.ones(len(TOKENS), 1)).voltage

    loss, nats = model.loss(voltage, ids)

    expected = torch.nn.functional.cross_entropy(model.logits(voltage)[:, 0], ids[:, 0])
    assert loss.item() == nats.item() == pytest.approx(expected.item())
    assert loss.requires_grad
    assert not nats.requires_grad


def test_a_narrow_layer_is_one_block() -> None:
    """Of its recurrence; a width that is no multiple of the block is refused."""
    assert tiny.model(width=12).layers[0].recurrent.shape == (1, 12, 12)
    assert tiny.model(width=12, recurrent_block=4).layers[0].recurrent.shape == (3, 4, 4)
    with pytest.raises(DataError, match="width = 12 is no multiple of recurrent_block = 8"):
        tiny.model(width=12, recurrent_block=8)


def test_neurons_hear_their_own_block_only() -> None:
    """The lowered weights are zero between blocks."""
    network, _ = lower(tiny.model(width=12, recurrent_block=4), end_of_text=0)

    own = network.projections[0].weight[:, -12:]

    assert not own[:4, 4:].any()
    assert not own[4:8, :4].any()
    assert all(own[i : i + 4, i : i + 4].any() for i in (0, 4, 8))
