"""Files of arrays with a few plain values beside them: safetensors with JSON in its metadata."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from realsam.errors import RealSamError
from realsam.files import replacing

Tensors = Mapping[str, npt.NDArray[Any]]
# What reading a damaged file, or the wrong one, may raise.
DAMAGES = (OSError, SafetensorError, KeyError, TypeError, ValueError, AttributeError)


def save_tensors(path: Path, tensors: Tensors, **plain: object) -> None:
    """Write arrays, and plain values by name; the file appears whole or not at all.

    Raises:
        RealSamError: if the disk does not take it.
    """
    given = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    about = {name: json.dumps(value, allow_nan=False) for name, value in plain.items()}
    with replacing(path) as partial:
        try:
            save_file(given, partial, about)
        except SafetensorError as error:  # not an OSError
            raise RealSamError(f"{path}: cannot be written ({error})", "free some room") from error


def load_tensors(path: Path) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """Read the arrays and the plain values back; raises any of DAMAGES."""
    with safe_open(path, "np") as file:
        plain = {name: json.loads(text) for name, text in (file.metadata() or {}).items()}
        return {name: file.get_tensor(name) for name in sorted(file.keys())}, plain
