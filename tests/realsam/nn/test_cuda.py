"""On CUDA the spikes are the reference's, and the gradients those of the CPU."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from realsam.ir import Replay
from realsam.lower import lower
from realsam.nn.config import ModelConfig
from realsam.nn.model import SpikingLM
from realsam.nn.precision import matmul_precision
from realsam.train.backprop import Backprop
from realsam.train.config import PRESETS
from realsam.train.data import Position, Window
from realsam.train.objective import Objective
from realsam.train.optimize import Update
from sim import simulator

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
T, B = 40, 3


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens [T, B] and resets: all start, one starts again in the middle."""
    tokens = torch.randint(0, 300, (T, B), generator=torch.Generator().manual_seed(1))
    alive = torch.ones(T, B)
    alive[0] = 0
    alive[T // 2, 2] = 0
    return tokens, alive


@pytest.mark.parametrize("block", [None, 64, 128, 256])
@pytest.mark.parametrize("precision", ["high", "highest"])
def test_spikes_and_voltages_equal_the_simulator(precision: str, block: int | None) -> None:
    """Whatever torch may do in its own products, and however the neurons hear each other."""
    torch.manual_seed(0)
    config = ModelConfig.of(layers=3, width=256, vocab_size=300, recurrent_block=block)
    model = SpikingLM(config)
    network, host = lower(model, end_of_text=0)
    tokens, alive = batch()

    with matmul_precision(precision), torch.no_grad():
        played = model.cuda()(tokens.cuda(), alive.cuda(), record=True)
    run = simulator.run(network, Replay(host.code[tokens[:, 0].numpy()]))

    assert run.voltage.tolist() == played.voltage[:, 0].long().tolist()
    for i, spikes in enumerate(played.fired, 1):
        assert run.spikes[f"layer{i}"].tolist() == spikes[:, 0].long().tolist()


@pytest.mark.parametrize("name", ["v1", "v2", "v3", "v4"])
def test_both_devices_make_the_same_integers(name: str) -> None:
    """Of every mechanism, after some steps on the GPU: what is exported is what was trained."""
    torch.manual_seed(0)
    preset = PRESETS[name]
    model = SpikingLM(replace(preset.model, width=64, vocab_size=300)).cuda()
    config = replace(preset.train, batch=4, window=16)
    backprop = Backprop(Objective(model, config), model, config, 4, 0, torch.device("cuda"))
    update, text = Update(model, config), np.arange(17 * 4).reshape(17, 4)
    for step in range(8):
        window = Window(text[:-1], text[1:], text[:-1], fresh=step == 0, after=Position(0, 0))
        backprop(window, seed=step)
        update(step)

    on_gpu, _ = lower(model, end_of_text=0)
    on_cpu, _ = lower(model.cpu(), end_of_text=0)

    assert on_gpu == on_cpu


def test_gradients_are_those_of_the_cpu() -> None:
    """Within the rounding of bfloat16 products, in every parameter, dropout included."""
    torch.manual_seed(0)
    model = SpikingLM(ModelConfig.of(layers=2, width=64, vocab_size=300))
    tokens, alive = batch()
    found = []
    for device in ("cpu", "cuda"):
        model = model.to(device)
        model.zero_grad()
        seed = torch.tensor(3, device=device)
        played = model(tokens.to(device), alive.to(device), dropout_seed=seed)
        model.loss(played.voltage, tokens.to(device))[0].backward()
        found.append({name: p.grad.clone().cpu() for name, p in model.named_parameters()})

    for name, expected in found[0].items():
        difference = (found[1][name] - expected).norm() / expected.norm().clamp_min(1e-12)
        assert difference < 2e-2, name
