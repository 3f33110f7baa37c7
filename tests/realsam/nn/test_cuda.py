"""On CUDA the spikes are the reference's, and the gradients those of the CPU."""

import pytest
import torch

from realsam.ir import Replay
from realsam.lower import lower
from realsam.nn.model import ModelConfig, SpikingLM
from realsam.nn.precision import matmul_precision
from sim import simulator

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore"),  # those of torch.compile about itself
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
T, B = 40, 3


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens [T, B] and resets: all start, one starts again in the middle."""
    tokens = torch.randint(0, 300, (T, B), generator=torch.Generator().manual_seed(1))
    alive = torch.ones(T, B, 1)
    alive[0] = 0
    alive[T // 2, 2] = 0
    return tokens, alive


@pytest.mark.parametrize("precision", ["high", "highest"])
def test_spikes_and_voltages_equal_the_simulator(precision: str) -> None:
    """With TF32 products too: 8-bit weights and spikes fit their 11 bits."""
    torch.manual_seed(0)
    model = SpikingLM(ModelConfig.of(layers=3, width=128, vocab_size=300)).eval()
    network, host = lower(model, end_of_text=0)
    tokens, alive = batch()

    with matmul_precision(precision), torch.no_grad():
        fired, voltage, _ = model.cuda()(tokens.cuda(), alive.cuda())
    run = simulator.run(network, Replay(host.code[tokens[:, 0].numpy()]))

    assert run.voltage.tolist() == voltage[:, 0].long().tolist()
    for i, spikes in enumerate(fired, 1):
        assert run.spikes[f"layer{i}"].tolist() == spikes[:, 0].long().tolist()


def test_gradients_are_those_of_the_cpu() -> None:
    """To float32 accuracy, in every parameter."""
    torch.manual_seed(0)
    model = SpikingLM(ModelConfig.of(layers=2, width=64, vocab_size=300)).eval()
    tokens, alive = batch()
    found = []
    for device in ("cpu", "cuda"):
        model = model.to(device)
        model.zero_grad()
        _, voltage, _ = model(tokens.to(device), alive.to(device))
        logits = model.logits(voltage).flatten(0, 1)
        torch.nn.functional.cross_entropy(logits, tokens.flatten().to(device)).backward()
        found.append({name: p.grad.clone().cpu() for name, p in model.named_parameters()})

    for name, expected in found[0].items():
        difference = (found[1][name] - expected).norm() / expected.norm().clamp_min(1e-12)
        assert difference < 1e-4, name
