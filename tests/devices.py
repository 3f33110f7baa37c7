"""Where tensors are: what a captured CUDA graph must not leave."""

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Devices(TorchDispatchMode):
    """Which devices operations have tensors on."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        tensors = (x for x in tree_leaves((args, kwargs, result)) if isinstance(x, Tensor))
        self.seen |= {x.device.type for x in tensors}
        return result
