"""The teacher: a decoder-only transformer in plain torch.

Pre-norm blocks with rotary positions, normalised queries and keys, squared ReLU, and the head tied
to the embedding. Norms have no parameters, so that everything but the embedding is a matrix.

Sources: Vaswani et al. 2017; Zhang and Sennrich 2019 (RMSNorm); Su et al. 2021 (rotary positions);
So et al. 2021 (squared ReLU); Henry et al. 2020 (normalised queries and keys).
"""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, embedding, linear, relu, rms_norm
from torch.nn.functional import scaled_dot_product_attention as attention

from realsam.errors import DataError
from realsam.train.teacher.cache import Past

_SLOWEST = 1e-4  # rotation of the last pair of a head, radians per position


@dataclass(frozen=True)
class TeacherConfig:
    """Sizes of a teacher."""

    vocab_size: int
    width: int = 320
    layers: int = 6
    heads: int = 5
    context: int = 512  # tokens that it can see, the end of text that starts a document included
    dropout: float = 0.2

    def __post_init__(self) -> None:
        lows = {"vocab_size": 2, "width": 2, "layers": 1, "heads": 1, "context": 2}
        for name, low in lows.items():
            if getattr(self, name) < low:
                raise DataError(
                    f"{name} = {getattr(self, name)} is below {low}", f"use at least {low}"
                )
        if not 0 <= self.dropout < 1:
            raise DataError(f"dropout = {self.dropout} is outside 0..1", "use a share below 1")
        if self.width % (2 * self.heads):
            raise DataError(
                f"width = {self.width} is no multiple of 2 * heads = {2 * self.heads}",
                "give each head the same even number of channels",
            )

    @property
    def head_size(self) -> int:
        """Channels of one head."""
        return self.width // self.heads

    def to_json(self) -> dict[str, object]:
        """Plain values for a config file."""
        return asdict(self)


class Block(nn.Module):
    """Attention and a two-layer perceptron, each added to the stream of width d."""

    def __init__(self, config: TeacherConfig) -> None:
        super().__init__()
        d = config.width
        self.qkv = nn.Parameter(torch.randn(3, d, d) * d**-0.5)
        self.out = nn.Parameter(torch.zeros(d, d))
        self.up = nn.Parameter(torch.randn(4 * d, d) * d**-0.5)
        self.down = nn.Parameter(torch.zeros(d, 4 * d))
        self._heads = config.heads
        self._dropout = config.dropout

    def forward(
        self, x: Tensor, rotation: Tensor, allowed: Tensor | None = None, past: Past | None = None
    ) -> Tensor:
        """Advance the stream.

        Args:
            x: [B, T, d] stream.
            rotation: [2, ..., T, head_size / 2] cosines and sines of the positions.
            allowed: [B, 1, T, T] which position hears which; by default all up to itself.
            past: keys and values of earlier positions, which get these added; T is 1 then.

        Returns:
            The stream [B, T, d].
        """
        qkv = linear(normed(x), self.qkv.flatten(0, 1))
        qkv = qkv.view(*x.shape[:2], 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        (q, k), v = rotated(normed(qkv[:2]), rotation).to(qkv.dtype), qkv[2]
        if past is None:
            heard = attention(q, k, v, attn_mask=allowed, is_causal=allowed is None)
        else:
            heard = past.recall(q, k, v)
        x = x + self._thinned(linear(heard.transpose(1, 2).flatten(2), self.out))
        hidden = relu(linear(normed(x), self.up)).square()
        return x + self._thinned(linear(hidden, self.down))

    def _thinned(self, x: Tensor) -> Tensor:
        return dropout(x, self._dropout, self.training)


class Teacher(nn.Module):
    """Tokens in, hidden states and logits out."""

    def __init__(self, config: TeacherConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Parameter(torch.randn(config.vocab_size, config.width) * 0.02)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        pairs = torch.linspace(0, 1, config.head_size // 2, dtype=torch.float64)
        angles = torch.outer(torch.arange(config.context), _SLOWEST**pairs)
        rotation = torch.stack([angles.cos(), angles.sin()]).float()
        self.register_buffer("rotation", rotation, persistent=False)

    def forward(self, tokens: Tensor, allowed: Tensor | None = None) -> Tensor:
        """Hidden states [B, T, d] of tokens [B, T]; `allowed` as in `Block`."""
        x = self._embedded(tokens)
        rotation = self.rotation[:, : tokens.shape[1]]  # type: ignore[index]
        for block in self.blocks:
            x = block(x, rotation, allowed)
        return normed(x)

    def step(self, tokens: Tensor, at: Tensor, cache: list[Past]) -> Tensor:
        """Hidden states [B, d] of the next tokens [B] of B streams, at their positions [B]."""
        x = self._embedded(tokens[:, None])
        rotation = self.rotation[:, at, None, None]  # type: ignore[index]
        for block, past in zip(self.blocks, cache, strict=True):
            x = block(x, rotation, past=past)
        return normed(x[:, 0])

    def memory(self, at: Tensor, kind: torch.dtype) -> list[Past]:
        """What `step` remembers, nothing yet, of streams that stand at positions `at` [B]."""
        c = self.config
        return [Past(at, c.heads, c.context, c.head_size, kind) for _ in self.blocks]

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits in nats [..., V] of hidden states [..., d], in float32 whatever autocast says."""
        with torch.autocast(hidden.device.type, enabled=False):
            return linear(hidden.float(), self.embedding)

    def _embedded(self, tokens: Tensor) -> Tensor:
        x = normed(embedding(tokens, self.embedding))
        return dropout(x, self.config.dropout, self.training)


def normed(x: Tensor) -> Tensor:
    """Root mean square 1 in the last dimension."""
    return rms_norm(x, x.shape[-1:], eps=1e-6)


def rotated(x: Tensor, rotation: Tensor) -> Tensor:
    """Turn pairs of channels of [..., T, D] by the angle of their position."""
    (cos, sin), (a, b) = rotation, x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)
