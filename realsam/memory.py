"""Whether the record of a run fits into memory: refused before the run, not killed within it."""

import os

import numpy as np

from realsam.errors import RunError
from realsam.ir import Network

_TIMES = 2  # a record that is full is copied into one of twice its room


def refuse_record(network: Network, n_tokens: int, option: str) -> None:
    """Refuse a run whose spikes and voltages take more than this machine's memory.

    Args:
        network: what is to run.
        n_tokens: tokens, or rows of input.
        option: what asked for them, for the message.

    Raises:
        RunError: names how many are possible.
    """
    memory = _memory()
    lines, readout = network.input.size, network.sizes[network.readout]
    spike = np.dtype(network.input.dtype).itemsize  # voltages and times take 8 bytes
    each = lines * spike + _TIMES * (sum(network.sizes.values()) * spike + 8 * readout + 8)
    if memory and n_tokens * each > memory:
        raise RunError(
            f"{option} = {n_tokens:,}: their record takes {n_tokens * each / 1e9:,.1f} GB, more "
            f"than the {memory / 1e9:,.1f} GB of this machine",
            f"ask for at most {memory // each:,}",
        )


def _memory() -> int:
    """Bytes of this machine; 0 where it does not say."""
    names = getattr(os, "sysconf_names", {})
    if not {"SC_PAGE_SIZE", "SC_PHYS_PAGES"} <= set(names):
        return 0
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
