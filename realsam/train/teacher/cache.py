"""Keys and values that a transformer remembers while many streams are sampled at once."""

from importlib.util import find_spec

from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention


def recalled(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention [B, H, 1, D] of one new position over all positions of `Past.append`."""
    size = q.shape[-1]
    if q.is_cuda and size & (size - 1) == 0 and find_spec("triton"):
        from realsam.train.teacher.recall import recall

        return recall(q, k, v)
    return scaled_dot_product_attention(q, k, v)


class Past:
    """Keys and values of one block for B streams that all stand at the same position."""

    def __init__(self, streams: int, heads: int, head_size: int, like: Tensor) -> None:
        self.length = 0
        self._pair = like.new_empty(2, streams, heads, 0, head_size)

    @property
    def room(self) -> int:
        """Positions that can be appended."""
        return self._pair.shape[3] - self.length

    def append(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Write one position [B, H, 1, D]; returns all keys and values [B, H, length, D]."""
        at, self.length = self.length, self.length + 1
        self._pair[0, :, :, at : self.length] = k
        self._pair[1, :, :, at : self.length] = v
        return self._pair[0, :, :, : self.length], self._pair[1, :, :, : self.length]

    def keep(self, streams: Tensor, room: int) -> None:
        """Go on with some of the streams, [n] row numbers, and room for more positions."""
        _, _, heads, _, size = self._pair.shape
        pair = self._pair.new_empty(2, len(streams), heads, self.length + room, size)
        for new, old in zip(pair, self._pair, strict=True):
            new[:, :, : self.length] = old[streams, :, : self.length]
        self._pair = pair
