"""Files of registers, and the folder of an import."""

from pathlib import Path

import numpy as np
import pytest

from export import Choices, from_nir, import_file
from export.import_folder import load_imported, save_imported
from export.netx import Options, to_netx
from export.nir import from_nir as from_our_nir
from export.nir import to_nir
from realsam.errors import BundleError, ExportError
from realsam.ir import Layer, to_network
from tests.export.foreign_nir import small, written
from tests.export.networks import clock

ONES = np.ones(2, np.int64)


def test_our_own_files_keep_their_registers(tmp_path: Path) -> None:
    """They are not quantized again."""
    network = to_network(clock((Layer("a", ONES, ONES, ("input",), ONES[:, None] * ONES * 2),)))
    to_nir(network, tmp_path / "n.nir")

    assert from_nir(tmp_path / "n.nir") == from_our_nir(tmp_path / "n.nir") == network
    assert import_file(tmp_path / "n.nir").quantized is None


def test_folder_comes_back_or_is_refused(tmp_path: Path) -> None:
    """The network, and nothing if a byte of it changed; foreign folders are left alone."""
    found = import_file(written(small(), tmp_path))
    folder = tmp_path / "out"
    save_imported(folder, found.network, found.report())
    save_imported(folder, found.network, found.report())  # its own it may replace

    assert load_imported(folder) == found.network
    (folder / "import.json").write_text("{}")
    with pytest.raises(BundleError, match="damaged, its SHA-256"):
        load_imported(folder)
    (folder / "mine.txt").write_text("x")
    with pytest.raises(ExportError, match="exists and is no import"):
        save_imported(folder, found.network, found.report())


def test_choices_for_other_files_are_refused(tmp_path: Path) -> None:
    """Real numbers leave other things open than registers."""
    network = to_network(clock((Layer("a", ONES, ONES, ("input",), ONES[:, None] * ONES * 2),)))
    to_netx(network, tmp_path / "n.net")
    to_nir(network, tmp_path / "ours.nir")
    written(small(), tmp_path)

    for name, choices, holds in (
        ("n.net", Choices(), "netx and holds registers"),
        ("ours.nir", Choices(dt=1), "NIR and holds registers"),
        ("ours.nir", Options(3), "NIR and holds registers"),
        ("n.nir", Options(), "NIR and holds real numbers"),
    ):
        with pytest.raises(ExportError, match=f"{name}: is {holds}"):
            import_file(tmp_path / name, choices)
    with pytest.raises(BundleError, match=r"n\.net: is a netx file"):
        from_nir(tmp_path / "n.net")
