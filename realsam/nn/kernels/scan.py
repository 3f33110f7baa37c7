"""Triton kernels: a LIF layer over all tokens of a window in one launch, forward and backward.

A program owns a tile of streams and one block of the recurrence, so that nothing crosses programs:
weights of the block, voltages and spikes stay in registers from the first token to the last.

The decay needs one instruction a chip step. With m = |v| and y = m + 2**23, whose unit in the last
place is 1,

    fma(y, keep, 2**23 * (1 - keep)) rounded toward zero = 2**23 + trunc(m * keep)

which is exact, for the fused product is rounded once. Where libdevice is missing (interpreter)
the same value is formed in float64.
Factors of products are bfloat16 on a GPU, see `layer`.
Sources: `realsam.nn.lif`, which these kernels equal bit for bit; IEEE 754-2019 5.4.1 (fma).
"""

import triton
import triton.language as tl
from triton.language.extra.cuda import libdevice

ATAN_SLOPE = tl.constexpr(3.141592653589793)  # of snntorch.surrogate.atan(alpha=2)
STATE_ONE = tl.constexpr(64.0)
STATE_MAX = tl.constexpr(8388607.0)
STATE_SPAN = tl.constexpr(16777216.0)
UNIT_STEP = tl.constexpr(8388608.0)  # from here to twice it, float32 counts in ones


@triton.jit
def _decayed(v, keep, STEPS: tl.constexpr, NATIVE: tl.constexpr):
    """Give v after STEPS decays, each trunc(v * keep)."""
    lift = UNIT_STEP * (1.0 - keep)
    y = tl.abs(v) + UNIT_STEP
    if not NATIVE:
        y, keep, lift = y.to(tl.float64), keep.to(tl.float64), lift.to(tl.float64)
    for _ in tl.static_range(STEPS):
        y = libdevice.fma_rz(y, keep, lift) if NATIVE else tl.floor(y * keep + lift)
    y = y.to(tl.float32) - UNIT_STEP
    return tl.where(v < 0, -y, y)


@triton.jit
def _current(a):
    """Give wrap(a << 6)."""
    u = a * STATE_ONE
    u = tl.where(u > STATE_MAX + 1, u - STATE_SPAN, u)
    return tl.where(u <= -STATE_MAX - 1, u + STATE_SPAN, u)


@triton.jit
def _mix(x):
    """`realsam.nn.dropout.mix` of uint32."""
    x = x ^ (x >> 16)
    x = x * 0x85EBCA6B
    x = x ^ (x >> 13)
    x = x * 0xC2B2AE35
    return x ^ (x >> 16)


@triton.jit
def _kept(index, key, limit):
    """`realsam.nn.dropout.kept`, as 1.0 and 0.0."""
    word = _mix(_mix(index.to(tl.uint32)) + key)
    return ((word >> 1).to(tl.int32) >= limit).to(tl.float32)


@triton.jit(do_not_specialize=["T", "first", "limit"])
def forward(
    a_ptr,  # [T, B, N] float32: input sums; becomes the voltages before the threshold
    constant_ptr,  # [N] float32, added to the sums
    recurrent_ptr,  # [G, n, n] factors, target by source
    keep_ptr,  # [N] float32
    threshold_ptr,  # [N] float32, shifted
    alive_ptr,  # [T, B] float32
    v_ptr,  # [B, N] float32: before the window; becomes those after it
    s_ptr,  # [B, N] float32: likewise
    heard_ptr,  # [T, B, *] factors: receives the spikes that pass dropout
    own_ptr,  # [T, B, N] factors: receives the own spikes heard from a token ago
    count_ptr,  # [] int32: receives the number of spikes
    key_ptr,  # [] int64: of the dropout
    limit,
    first,  # index of the first element in the dropout mask
    T,
    B,
    N,
    heard_stride,
    STEPS: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
    RECURRENT: tl.constexpr,
    DROPOUT: tl.constexpr,
    NATIVE: tl.constexpr,
):
    """Play a layer over T tokens."""
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    col = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    here = (row < B)[:, None] & (col < N)[None, :]
    tile = row[:, None] * N + col[None, :]
    heard_tile = row.to(tl.int64)[:, None] * heard_stride + col[None, :]
    keep = tl.load(keep_ptr + col, col < N, 1.0)[None, :]
    threshold = tl.load(threshold_ptr + col, col < N, 1.0)[None, :]
    constant = tl.load(constant_ptr + col, col < N, 0.0)[None, :]
    v = tl.load(v_ptr + tile, here, 0.0)
    s = tl.load(s_ptr + tile, here, 0.0)
    count = tl.zeros((ROWS, BLOCK), tl.float32)
    key = tl.load(key_ptr).to(tl.uint32)
    if RECURRENT:
        inner = tl.arange(0, BLOCK)
        block_ptr = recurrent_ptr + tl.program_id(1) * BLOCK * BLOCK
        weight = tl.load(block_ptr + inner[None, :] * BLOCK + inner[:, None])  # source by target
    here_row = row < B
    a = tl.load(a_ptr + tile, here, 0.0)
    alive = tl.load(alive_ptr + row, here_row, 0.0)
    at = tl.zeros((), tl.int64)  # of this token in arrays [T, B, N]
    heard_at = tl.zeros((), tl.int64)
    for t in range(T):
        more = t + 1 < T
        next_a = tl.load(a_ptr + at + B * N + tile, here & more, 0.0)  # in flight meanwhile
        next_alive = tl.load(alive_ptr + (t + 1) * B + row, here_row & more, 0.0)
        v *= alive[:, None]
        s *= alive[:, None]
        a += constant
        if RECURRENT:
            tl.store(own_ptr + at + tile, s.to(own_ptr.dtype.element_ty), here)
            a = tl.dot(s.to(weight.dtype), weight, a)
        v = _decayed(v, keep, STEPS, NATIVE) + _current(a)
        v = tl.minimum(tl.maximum(v, -STATE_MAX), STATE_MAX)
        s = (v > threshold).to(tl.float32)
        tl.store(a_ptr + at + tile, v, here)
        v = tl.where(s > 0, 0.0, v)
        count += s
        passing = s
        if DROPOUT:
            passing = s * _kept(first + at + tile, key, limit)
        tl.store(heard_ptr + heard_at + heard_tile, passing.to(heard_ptr.dtype.element_ty), here)
        a, alive = next_a, next_alive
        at += B * N
        heard_at += B * heard_stride
    tl.store(v_ptr + tile, v, here)
    tl.store(s_ptr + tile, s, here)
    tl.atomic_add(count_ptr, tl.sum(tl.where(here, count, 0.0)).to(tl.int32))


@triton.jit(do_not_specialize=["T", "first", "limit"])
def backward(
    peak_ptr,  # [T, B, N] float32: voltages before the threshold
    heard_grad_ptr,  # [T, B, N] gradients of the spikes that others heard
    rate_grad_ptr,  # [] float32: gradient of every spike through the firing rate
    recurrent_ptr,  # [G, n, n] factors, target by source
    keep_ptr,  # [N] float32: of a whole token
    threshold_ptr,  # [N] float32, shifted
    alive_ptr,  # [T, B] float32
    v_ptr,  # [B, N] float32: voltages before the first token
    later_v_ptr,  # [B, N] float32: gradients from after it; becomes those of before it
    later_s_ptr,  # [B, N] float32: likewise
    a_grad_ptr,  # [T, B, *] factors: receives the gradients of the sums
    sums_ptr,  # [tiles, 3, N] float32: receives sums for constant, keep and threshold
    key_ptr,  # [] int64: of the dropout
    limit,
    first,  # index of the first element in the dropout mask
    T,
    B,
    N,
    grad_stride,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
    RECURRENT: tl.constexpr,
    DROPOUT: tl.constexpr,
):
    """Go back through T tokens."""
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    col = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    here_row = row < B
    here = here_row[:, None] & (col < N)[None, :]
    tile = row[:, None] * N + col[None, :]
    grad_tile = row.to(tl.int64)[:, None] * grad_stride + col[None, :]
    keep = tl.load(keep_ptr + col, col < N, 1.0)[None, :]
    threshold = tl.load(threshold_ptr + col, col < N, 1.0)[None, :]
    rate_grad = tl.load(rate_grad_ptr)
    key = tl.load(key_ptr).to(tl.uint32)
    if RECURRENT:
        inner = tl.arange(0, BLOCK)
        block_ptr = recurrent_ptr + tl.program_id(1) * BLOCK * BLOCK
        weight = tl.load(block_ptr + inner[:, None] * BLOCK + inner[None, :])  # target by source
    later_v = tl.load(later_v_ptr + tile, here, 0.0)
    later_s = tl.load(later_s_ptr + tile, here, 0.0)
    constant_sum = tl.zeros((ROWS, BLOCK), tl.float32)
    keep_sum = tl.zeros((ROWS, BLOCK), tl.float32)
    threshold_sum = tl.zeros((ROWS, BLOCK), tl.float32)
    at = (T - 1).to(tl.int64) * B * N
    grad_at = (T - 1).to(tl.int64) * B * grad_stride
    peak = tl.load(peak_ptr + at + tile, here, 0.0)
    for step in range(T):
        t = T - 1 - step
        earlier = tl.load(peak_ptr + at - B * N + tile, here & (t > 0), 0.0)
        if t == 0:
            earlier = tl.load(v_ptr + tile, here, 0.0)
        alive = tl.load(alive_ptr + t * B + row, here_row, 0.0)[:, None]
        heard = tl.load(heard_grad_ptr + at + tile, here, 0.0).to(tl.float32)
        if DROPOUT:
            heard *= _kept(first + at + tile, key, limit)
        spike = heard + rate_grad + later_s
        x = ATAN_SLOPE * (peak / threshold - 1)
        through = spike / ((1 + x * x) * threshold)
        total = tl.where(peak > threshold, through, through + later_v)
        total = tl.where(tl.abs(peak) < STATE_MAX, total, 0.0)
        grad = (total * STATE_ONE).to(a_grad_ptr.dtype.element_ty)
        tl.store(a_grad_ptr + grad_at + grad_tile, grad, here)
        later_v = total * keep * alive
        later_s = tl.zeros((ROWS, BLOCK), tl.float32)
        if RECURRENT:
            later_s = tl.dot(grad.to(weight.dtype), weight) * alive
        before = tl.where((earlier > threshold) & (t > 0), 0.0, earlier) * alive
        constant_sum += total
        keep_sum += total * before
        threshold_sum += through * peak
        peak = earlier
        at -= B * N
        grad_at -= B * grad_stride
    tl.store(later_v_ptr + tile, later_v, here)
    tl.store(later_s_ptr + tile, later_s, here)
    sums = sums_ptr + tl.program_id(0) * 3 * N + col
    tl.store(sums, tl.sum(tl.where(here, constant_sum, 0.0), 0) * STATE_ONE, col < N)
    tl.store(sums + N, tl.sum(keep_sum, 0), col < N)
    tl.store(sums + 2 * N, tl.sum(threshold_sum, 0), col < N)
