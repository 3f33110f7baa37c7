"""Attention of one new position per stream over all that its stream remembers (Triton).

A step of sampling reads every key and value once and does little with them. PyTorch's kernels are
made for many queries at a time and spend most of their work on 127 that are not there.

Source: Milakov and Gimelshein 2018 (softmax in one pass).
"""
# mypy: disable-error-code="import-untyped, untyped-decorator, no-untyped-def"

import torch
import triton
import triton.language as tl
from torch import Tensor

_BLOCK = 32  # positions at a time; one warp reads them without waiting for others


def recall(q: Tensor, k: Tensor, v: Tensor, at: Tensor) -> Tensor:
    """Attend with q [B, H, 1, D] to positions up to `at` [B] of k and v [B, H, T, D].

    D is a power of two. Returns [B, H, 1, D].
    """
    streams, heads, _, size = q.shape
    assert k.is_contiguous()
    assert v.is_contiguous()
    q = q.contiguous()
    heard = torch.empty_like(q)
    _recall[(streams, heads)](q, k, v, at, heard, k.shape[2], size**-0.5, size, _BLOCK, num_warps=1)
    return heard


@triton.jit
def _recall(
    q_ptr,  # [B, H, D]
    k_ptr,  # [B, H, T, D]
    v_ptr,
    at_ptr,  # [B] int64, the last position of each stream
    heard_ptr,  # [B, H, D] receives
    T,
    scale,
    D: tl.constexpr,
    BLOCK: tl.constexpr,
):
    stream, head = tl.program_id(0).to(tl.int64), tl.program_id(1)
    channel = tl.arange(0, D)
    row = (stream * tl.num_programs(1) + head) * D
    first = row * T
    length = tl.load(at_ptr + stream) + 1
    q = tl.load(q_ptr + row + channel).to(tl.float32) * scale
    top = float("-inf")
    total = 0.0
    heard = tl.zeros((D,), tl.float32)
    for begin in range(0, length, BLOCK):
        position = begin + tl.arange(0, BLOCK)
        there = position < length
        at = first + position[:, None] * D + channel[None, :]
        k = tl.load(k_ptr + at, there[:, None], 0.0).to(tl.float32)
        v = tl.load(v_ptr + at, there[:, None], 0.0).to(tl.float32)
        score = tl.where(there, tl.sum(k * q[None, :], 1), float("-inf"))
        higher = tl.maximum(top, tl.max(score, 0))
        weight = tl.exp(score - higher)
        fade = tl.exp(top - higher)
        heard = heard * fade + tl.sum(weight[:, None] * v, 0)
        total = total * fade + tl.sum(weight, 0)
        top = higher
    tl.store(heard_ptr + row + channel, (heard / total).to(heard_ptr.dtype.element_ty))
