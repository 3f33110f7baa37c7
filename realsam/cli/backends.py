"""The backends by name; each is loaded when it is first used."""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Protocol

import click

from realsam.errors import BackendUnavailableError
from realsam.ir import Driver, Engine, Motion, Network, Run, play


class Backend(Protocol):
    """Runs one document from reset; strictly, an overflowing current is an error."""

    def __call__(self, network: Network, driver: Driver, strict: bool = False) -> Run:
        """The run, to the end of its driver."""


def _torch(network: Network, driver: Driver, strict: bool = False) -> Run:
    _refuse_strict_torch(strict)
    from realsam.nn.backend import run

    return run(network, driver)


def _torch_engine(network: Network, strict: bool) -> Engine:
    _refuse_strict_torch(strict)
    from realsam.nn.backend import TorchEngine

    return TorchEngine(network)


def _refuse_strict_torch(strict: bool) -> None:
    if strict:
        raise BackendUnavailableError(
            "backend torch has no strict mode", "leave --strict out, or name another backend"
        )


def _reference(network: Network, driver: Driver, strict: bool = False) -> Run:
    from sim.reference import run

    return run(network, driver, strict)


def _reference_engine(network: Network, strict: bool) -> Engine:
    from sim.reference import Reference

    return Reference(network, strict)


def _sim(network: Network, driver: Driver, strict: bool = False) -> Run:
    from sim.simulator import run

    return run(network, driver, strict)


def _sim_engine(network: Network, strict: bool) -> Engine:
    from sim.simulator import engine, load_kernels

    load_kernels()
    return engine(network, strict)


def _lava_fused(network: Network, driver: Driver, strict: bool = False) -> Run:
    from lava_runtime.backend import run

    return run(network, driver, "fused", strict)


def _lava_graph(network: Network, driver: Driver, strict: bool = False) -> Run:
    from lava_runtime.backend import run

    return run(network, driver, "graph", strict)


BACKENDS: dict[str, Backend] = {
    "torch": _torch,
    "reference": _reference,
    "sim": _sim,
    "lava-fused": _lava_fused,
    "lava-graph": _lava_graph,
}
# Those whose state can be taken out; Lava's is spread over its processes.
ENGINES: dict[str, Callable[[Network, bool], Engine]] = {
    "torch": _torch_engine,
    "reference": _reference_engine,
    "sim": _sim_engine,
}


def begin(name: str, network: Network, strict: bool = False) -> Motion:
    """A network at rest on the backend of that name, whose libraries are here; records nothing."""
    if name in ENGINES:
        engine = ENGINES[name](network, strict)
        return Motion(partial(play, engine), engine)
    from lava_runtime.backend import play as play_on_lava

    mode = name.removeprefix("lava-")
    return Motion(partial(play_on_lava, network, mode=mode, strict=strict), None)


_NAME = click.Choice(list(BACKENDS))  # another one is wrong usage
backend_option = click.option(
    "--backend",
    type=_NAME,
    default="sim",
    show_default=True,
    metavar="NAME",
    help=f"{', '.join(BACKENDS)}.",
)


def backend_names(value: str) -> list[str]:
    """Names of backends, separated by commas: a type of an option."""
    return [_NAME.convert(name.strip(), None, None) for name in value.split(",")]


_NEEDS = {"torch": ("torch", "snntorch"), "lava-fused": ("lava",), "lava-graph": ("lava",)}
_CURES = {
    "torch": "run `make train-install`, or install the extra `train`",
    "lava-fused": "run `make install`, or see Install in README.md",
    "lava-graph": "run `make install`, or see Install in README.md",
}


def installed() -> list[str]:
    """Names of the backends whose libraries are here."""
    return [name for name in BACKENDS if not _missing(name)]


def require(name: str) -> Backend:
    """The backend of that name, which is one of BACKENDS.

    Raises:
        BackendUnavailableError: if its libraries are not installed.
    """
    if missing := _missing(name):
        raise BackendUnavailableError(f"backend {name} needs {', '.join(missing)}", _CURES[name])
    return BACKENDS[name]


def require_torch() -> None:
    """Refuse, in one line, a command that trains or evaluates without torch."""
    require("torch")


def _missing(name: str) -> list[str]:
    return [library for library in _NEEDS.get(name, ()) if find_spec(library) is None]
