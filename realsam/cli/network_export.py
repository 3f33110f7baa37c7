"""Any network to files of other formats, each reloaded and replayed before it takes its place."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from export.bundle import NETX, NIR, READERS, replacing_folder
from export.network_file import format_of
from export.netx import require_plain, to_netx
from export.nir import Profile, early_biases, to_nir
from realsam.arrays import Spikes
from realsam.cli.proof import compare
from realsam.cli.spikes import n_random_steps, random_spikes
from realsam.errors import BundleError, ExportError
from realsam.files import refuse_place, replacing
from realsam.ir import Network, Replay

FILES = {"netx": NETX, "nir": NIR}


def refuse_target(out: Path, source: Path, formats: tuple[str, ...]) -> None:
    """Refuse, before the work, a place that holds something else: one format is a file there.

    Raises:
        RunError: if a file cannot be written.
        ExportError: naming what must not be replaced.
    """
    if len(formats) == 1:
        refuse_place(out, [source])
        if out.exists() and not _is_network(out):
            raise ExportError(f"{out}: exists and is no network file", "give another --out")
    elif out.resolve() in source.resolve().parents:
        raise ExportError(f"{out}: holds what is exported", "give another --out")
    elif out.exists() and not (
        out.is_dir() and {path.name for path in out.iterdir()} <= set(FILES.values())
    ):
        raise ExportError(f"{out}: exists and is no export", "give another --out")


def export_network(
    network: Network,
    out: Path,
    formats: tuple[str, ...],
    profile: Profile,
    plain: bool,
    given: Spikes | None,
) -> dict[str, Any]:
    """Write a network, reload it, and play both on the simulator; returns what was proven.

    Args:
        network: what to write.
        out: a file, or of several formats a folder.
        formats: any of "netx" and "nir".
        profile: of the NIR file.
        plain: whether netx must be what stock lava-dl runs; lists become matrices.
        given: [T, M] input to play; None: random input.

    Raises:
        ExportError: naming what a format cannot hold.
        MismatchError: if a reloaded file plays another run.
    """
    if plain:  # stock netx has matrices alone
        matrices = tuple(replace(q, weight=q.matrix) for q in network.projections)
        network = replace(network, projections=matrices)
        require_plain(network)
    rows = random_spikes(network.input, n_random_steps(network)) if given is None else given
    write = _writer(network, profile, rows)
    if len(formats) == 1:
        with replacing(out) as file:
            write(formats[0], file)
        files = [out.name]
    else:
        with replacing_folder(out.resolve()) as folder:
            for name in formats:
                write(name, folder / FILES[name])
        files = [FILES[name] for name in formats]
    early = early_biases(network, profile) if "nir" in formats else {}
    return {
        "files": files,
        "early_biases": early,
        "network": network.digest,
        "input": "random" if given is None else "given",
        "n_tokens": len(rows),
        "n_neurons": sum(network.sizes.values()),
    }


def _writer(network: Network, profile: Profile, rows: Spikes) -> Callable[[str, Path], None]:
    """What writes a format to a file, and compares the run of its network with the first one's."""
    from sim.simulator import run  # late: what is refused needs no simulator

    expected = run(network, Replay(rows))

    def write(name: str, path: Path) -> None:
        if name == "nir":
            to_nir(network, path, profile)
        else:
            to_netx(network, path)
        compare(network, [expected, run(READERS[FILES[name]](path), Replay(rows))])

    return write


def _is_network(path: Path) -> bool:
    try:
        format_of(path)
    except BundleError:
        return False
    return True
