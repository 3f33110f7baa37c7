"""Who imports whom: lower rows only, absolute, and heavy libraries by their owners alone."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("realsam", "export", "sim", "lava_runtime")
# Lowest first. A room imports from the rows below it and from itself, never from its neighbours.
ROWS: tuple[tuple[str, ...], ...] = (
    ("realsam", "realsam.arrays", "realsam.errors"),
    ("realsam.files", "realsam.fixedpoint", "realsam.limits", "realsam.vocab", "realsam.console"),
    ("realsam.ir",),
    ("realsam.documents", "realsam.entities", "realsam.evaluation", "realsam.memory"),
    (
        "realsam.nn",
        "realsam.checking",
        "realsam.data",
        "realsam.ner",
        "realsam.report",
        "export",
        "sim",
    ),
    ("realsam.lower", "realsam.live", "realsam.mapping", "realsam.profiling", "realsam.words"),
    ("realsam.chat", "realsam.generation", "realsam.lift"),
    ("realsam.train", "lava_runtime"),
    ("realsam.cli",),
)
OWNERS: dict[str, set[str]] = {
    "torch": {"realsam.nn", "realsam.lower", "realsam.lift", "realsam.train"},
    "snntorch": {"realsam.nn"},
    "safetensors": {"realsam.ir", "realsam.train", "export"},
    "nir": {"export"},
    "h5py": {"export"},
    "llvmlite": {"sim"},
    "numba": {"sim", "realsam.nn"},
    "lava": {"lava_runtime"},
    "scipy": {"lava_runtime"},
    "tokenizers": {"realsam.vocab"},
    "datasets": {"realsam.data"},
    "faker": {"realsam.ner"},
    "huggingface_hub": {"realsam.data"},
    "triton": {"realsam.nn", "realsam.train"},
    "click": {
        *("realsam.console", "realsam.words", "realsam.live", "realsam.generation"),
        *("realsam.chat", "realsam.cli", "lava_runtime"),
    },
    "altair": {"realsam.report"},
    "jinja2": {"realsam.report"},
    "vl_convert": {"realsam.report"},
    "rich": {"realsam.console", "realsam.live", "realsam.chat", "realsam.cli", "lava_runtime"},
}
HEIGHT = {room: height for height, row in enumerate(ROWS) for room in row}


def modules() -> dict[str, Path]:
    """All of our modules by name."""
    found = {}
    for path in (p for package in PACKAGES for p in (ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def room(module: str) -> str | None:
    """The room that a module belongs to; `realsam` alone is the top module, not all below it."""
    parts = module.split(".")
    names = [".".join(parts[: n + 1]) for n in range(len(parts))]
    fitting = [n for n in names if n in HEIGHT and (n != "realsam" or module == "realsam")]
    return fitting[-1] if fitting else None


def imported(tree: ast.Module) -> Iterator[str]:
    """Names of imported modules, also inside functions; relative ones start with a dot."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = "." * level + (module or "")
                for name in names:
                    below = f"{base}.{name.name}"
                    yield below if below in MODULES else base
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[first, *_]):
                if called in {"import_module", "__import__"}:
                    yield from _spelled(first)


def _spelled(name: ast.expr) -> Iterator[str]:
    """The module that a call names, as far as it is spelled out."""
    if isinstance(name, ast.JoinedStr) and name.values:
        name = name.values[0]
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        yield name.value.rstrip(".") if "." in name.value else name.value


def violations(module: str, source: str) -> list[str]:
    """What a module imports against the rules."""
    own = room(module)
    if own is None:
        return [f"{module} belongs to no row"]
    found = []
    for name in imported(ast.parse(source)):
        top = name.split(".")[0]
        if name.startswith("."):
            found.append(f"{module}: relative import {name}")
        elif top in PACKAGES:
            other = room(name)
            if other is None:
                found.append(f"{module}: {name} belongs to no row")
            elif other != own and HEIGHT[other] >= HEIGHT[own]:
                found.append(f"{module}: imports {name}")
        elif top not in {"numpy", *sys.stdlib_module_names} and own not in OWNERS.get(top, ()):
            found.append(f"{module}: is no owner of {top}")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    """No module imports upward or sideways, relatively, or a library that it does not own."""
    assert violations(module, MODULES[module].read_text(encoding="utf-8")) == []


def test_rooms_exist() -> None:
    """A row with a room that is gone would rule nothing."""
    assert set(HEIGHT) <= set(MODULES)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("realsam.ir.network", "from realsam.cli.main import main"),
        ("realsam.ir.network", "def f():\n    import realsam.train.loop"),
        ("realsam.ir.network", "from realsam import lower"),
        ("realsam.ir.network", "if TYPE_CHECKING:\n    from realsam.nn.model import SpikingLM"),
        ("realsam.ir.network", "from . import host"),
        ("realsam.ir.network", "from .host import Host"),
        ("realsam.ir.network", "import torch.nn"),
        ("realsam.ir.network", "import pandas"),
        ("realsam.ir.network", "import_module('realsam.nn.lif')"),
        ("realsam.ir.network", "importlib.import_module(f'realsam.cli.{name}_command')"),
        ("realsam.errors", "import realsam.arrays"),
        ("export.bundle", "from sim import reference"),
        ("sim.reference", "from realsam.report import count"),
        ("realsam.lower", "from realsam.train.data import Windows"),
        ("realsam.train.loop", "import lava_runtime.backend"),
        ("realsam.cli.main", "import torch"),
        ("realsam.cli.main", "from realsam.news import today"),
        ("realsam.news", ""),
    ],
)
def test_sneaky_import_is_found(module: str, source: str) -> None:
    """The test itself: each of these is one violation."""
    assert len(violations(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("realsam.cli.main", "from realsam import __version__\nimport lava_runtime.generate"),
        ("realsam.train.loop", "from realsam.lower import lower\nimport torch"),
        ("realsam.ir.network", "from realsam.ir.host import Host\nimport numpy as np\nimport json"),
        ("lava_runtime.generator.graph", "from lava.proc.lif.process import LIF"),
        ("export.netx.read", "from export.hdf5 import text\nimport h5py"),
    ],
)
def test_proper_import_is_accepted(module: str, source: str) -> None:
    """Down, within the room, and by the owner."""
    assert violations(module, source) == []


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import realsam", "numpy"),
        ("import realsam.ir", "torch"),
        ("import realsam.ir", "tokenizers"),
        ("import realsam.report, export.bundle, sim.reference, sim.simulator", "torch"),
        ("import sim.simulator, sim.scoring", "numba"),
        ("import sim.simulator, sim.scoring", "llvmlite"),
        ("import realsam.report", "altair"),
        ("import export.bundle", "nir"),
        ("import lava_runtime.generate", "torch"),
        ("import lava_runtime.generate", "lava"),
        ("import lava_runtime.generate, realsam.generation", "numpy"),
        ("import realsam.cli.generate_command, realsam.cli.run_command", "torch"),
        ("import realsam.cli.generate_command, realsam.cli.run_command", "lava"),
        (
            "import realsam.cli.main, realsam.cli.export_command, realsam.cli.verify_command",
            "torch",
        ),
        ("import realsam.cli.main, realsam.cli.train_command, realsam.cli.eval_command", "torch"),
        ("import realsam.cli.teach_command", "torch"),
        ("import realsam.cli.ner_command, realsam.ner.tagger, realsam.ner.stream", "torch"),
        ("import realsam.cli.check_command", "torch"),
        ("import realsam.checking", "numba"),
        ("import realsam.cli.map_command", "torch"),
        ("import realsam.cli.profile_command, realsam.cli.report_command", "torch"),
        ("import realsam.cli.report_command", "numba"),
        ("import realsam.report", "rich"),
        ("import realsam.cli.chat_command, realsam.chat.session", "torch"),
        ("import realsam.cli.chat_command, realsam.chat.session", "numba"),
        ("import realsam.cli.chat_command, realsam.chat.session", "nir"),
        ("import realsam.cli.main", "numpy"),
    ],
)
def test_import_loads_no_heavy_library(statement: str, absent: str) -> None:
    """In a fresh process: commands start fast, the core runs without torch."""
    program = f"import sys; {statement}; print({absent!r} in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.strip() == "False"
