"""What the peers share: code, readout, tied decoding and loss around a body; steps with Adam."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.training.protocol import Sizes, Training
from realsam.arrays import I64

_CLIP = 1.0  # gradient norm
_RATE = 1e-3


class LanguageModel(nn.Module):
    """Tokens to code, a body from code [T, B, D] to features [T, B, M], readout to logits."""

    def __init__(self, sizes: Sizes, body: nn.Module, n_features: int, spikes: bool = True) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(sizes.vocab_size, sizes.code_bits) * 0.05)
        self.body = body
        self.readout = nn.Linear(n_features, sizes.code_bits)
        self.output_bias = nn.Parameter(torch.zeros(sizes.vocab_size))
        self._spikes = spikes

    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Loss in nats per token of tokens and targets [T, B]."""
        code = nn.functional.embedding(tokens, self.embedding)
        if self._spikes:  # a step forward, straight through backward
            code = code + ((code > 0).to(code.dtype) - code).detach()
        voltage = self.readout(self.body(code))
        logits = nn.functional.linear(voltage, self.embedding, self.output_bias)
        return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def n_weights(model: nn.Module) -> int:
    """Entries of all matrices of a model."""
    return sum(p.numel() for p in model.parameters() if p.ndim >= 2)


def training(model: nn.Module, device: torch.device, note: str, bf16: bool = False) -> Training:
    """The usual step: Adam, one launch per operation."""
    model.to(device).train()
    adam = torch.optim.Adam(model.parameters(), lr=_RATE)

    def step(tokens: I64, targets: I64) -> Tensor:
        x = torch.from_numpy(tokens).to(device, non_blocking=True)
        y = torch.from_numpy(targets).to(device, non_blocking=True)
        adam.zero_grad()
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            loss = model(x, y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), _CLIP)
        adam.step()
        return loss.detach()  # type: ignore[no-any-return]

    return Training(step, n_weights(model), note)


def graphed(model: nn.Module, sizes: Sizes, device: torch.device, note: str) -> Training:
    """The same step with forward and backward captured once as a CUDA graph, then replayed."""
    model.to(device).train()
    adam = torch.optim.Adam(model.parameters(), lr=_RATE)
    x, y = (
        torch.zeros(sizes.window, sizes.batch, dtype=torch.int64, device=device) for _ in range(2)
    )
    replay, loss = _capture(model, x, y)

    def step(tokens: I64, targets: I64) -> Tensor:
        x.copy_(torch.from_numpy(tokens), non_blocking=True)
        y.copy_(torch.from_numpy(targets), non_blocking=True)
        replay()
        nn.utils.clip_grad_norm_(model.parameters(), _CLIP)
        adam.step()
        return loss

    return Training(step, n_weights(model), note)


def _capture(model: nn.Module, x: Tensor, y: Tensor) -> tuple[Callable[[], None], Tensor]:
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(2):
            model.zero_grad()
            model(x, y).backward()
    torch.cuda.current_stream().wait_stream(stream)
    model.zero_grad()  # to None: each replay then writes its gradients anew
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = model(x, y)
        loss.backward()
    return graph.replay, loss.detach()
