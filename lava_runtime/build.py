"""Builds the Generator process and the choice of its models. Import it after `load_lava`."""

from multiprocessing.connection import Connection

from lava.magma.core.run_configs import Loihi2SimCfg, RunConfig
from lava.proc.dense.process import DelayDense
from lava.proc.lif.process import LIF, LIFReset
from lava.proc.sparse.process import DelaySparse

from lava_runtime.delayed_dense.model import PyDelayedDense
from lava_runtime.delayed_sparse.model import PyDelayedSparse
from lava_runtime.generator.process import Generator
from lava_runtime.strict_lif.model import PyStrictLif, PyStrictLifReset
from realsam.ir import Driver, Network


def build(
    network: Network, driver: Driver, sender: Connection, mode: str, strict: bool
) -> tuple[Generator, RunConfig]:
    """Return the process of a network and the run configuration that selects the mode.

    Args:
        network: what to run.
        driver: runs inside Lava; must be at its beginning.
        sender: receives (spikes, voltage, choice) of every token.
        mode: "fused" or "graph".
        strict: an overflowing current is an error instead of a wrap.
    """
    models: dict[type, type] = {DelayDense: PyDelayedDense, DelaySparse: PyDelayedSparse}
    if strict:
        models |= {LIF: PyStrictLif, LIFReset: PyStrictLifReset}
    config = Loihi2SimCfg(
        select_tag="fixed_pt",
        select_sub_proc_model=mode == "graph",
        exception_proc_model_map=models,
    )
    return Generator(network=network, driver=driver, sender=sender, strict=strict), config
