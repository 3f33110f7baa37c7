"""Keys and values that a transformer remembers while many streams are sampled at once."""

from importlib.util import find_spec

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention


class Past:
    """Keys and values of one block for B streams, each of which stands at a position of its own."""

    def __init__(
        self, at: Tensor, heads: int, context: int, head_size: int, kind: torch.dtype
    ) -> None:
        """`at` [B] are the positions that come next; whoever moves the streams counts them up."""
        self._at = at
        self._streams = torch.arange(len(at), device=at.device)
        shape = len(at), heads, context, head_size
        self._keys, self._values = (
            torch.zeros(shape, dtype=kind, device=at.device) for _ in range(2)
        )

    def recall(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Remember k and v [B, H, 1, D], and attend with q to all up to them; [B, H, 1, D]."""
        self._keys[self._streams, :, self._at] = k[:, :, 0]
        self._values[self._streams, :, self._at] = v[:, :, 0]
        size = q.shape[-1]
        if q.is_cuda and size & (size - 1) == 0 and find_spec("triton"):
            from realsam.train.teacher.recall import recall

            return recall(q, self._keys, self._values, self._at)
        positions = torch.arange(self._keys.shape[2], device=q.device)
        there = (positions <= self._at[:, None])[:, None, None]
        return scaled_dot_product_attention(q, self._keys, self._values, attn_mask=there)
