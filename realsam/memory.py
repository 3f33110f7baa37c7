"""Whether the record of a run fits into memory: refused before the run, not killed within it."""

import os

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
    # Spikes are bytes, voltages and times 8; the input lines are read and recorded.
    each = lines + _TIMES * (sum(network.sizes.values()) + 8 * readout + 8)
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
