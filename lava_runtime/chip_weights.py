"""The weights of a connection as the chip has them. Import it after `load_lava`.

Sources: lava-nc 0.10.0, `proc/dense/models.py`, `proc/sparse/models.py` (weights_set).
"""

from collections.abc import Mapping
from typing import Any

from lava.utils.weightutils import clip_weights, determine_sign_mode, truncate_weights


def chip_weights(weights: Any, parameters: Mapping[str, Any]) -> Any:
    """[N, M] weights clipped to 8 bits and cut to those of the process, matrix or sparse.

    Args:
        weights: [N, M] as they were given.
        parameters: of the process.
    """
    sign_mode = parameters.get("sign_mode") or determine_sign_mode(weights)
    clipped = clip_weights(weights, sign_mode, num_bits=8)
    return truncate_weights(clipped, sign_mode, parameters.get("num_weight_bits", 8))
