"""What commands accept: as a network, also files and imports; as a model, also training runs.

Nothing stands for the shipped model. `realsam eval` also takes a teacher.
"""

from pathlib import Path

from export.bundle import MANIFEST, Bundle, load_bundle
from export.import_folder import is_imported, load_imported
from realsam.cli.backends import require_torch
from realsam.ir import Host, Network
from realsam.vocab import Vocabulary


def any_network(path: Path | None) -> tuple[Network, Bundle | None]:
    """The network of a netx or NIR file, of an import, or of a bundle, which comes with it."""
    if path and not path.is_dir():
        from export.network_file import load_network  # late: it loads nir, which no bundle needs

        return load_network(path), None
    if path and is_imported(path):
        return load_imported(path), None
    bundle = load_bundle(path, tagger=None)
    return bundle.network, bundle


def is_teacher(path: Path) -> bool:
    """Whether `realsam teach` wrote that folder."""
    return (path / "member0.safetensors").is_file()


def network_of(path: Path | None) -> tuple[Network, Host, Vocabulary]:
    """The network, host and vocabulary of a bundle or a run folder."""
    if path is None or (path / MANIFEST).exists() or not path.is_dir():
        bundle = load_bundle(path)
        return bundle.network, bundle.host, bundle.vocabulary
    require_torch()  # only a run needs it
    from realsam.lower import lower
    from realsam.train.runs import load_run_folder

    run = load_run_folder(path)
    network, host = lower(run.model(), run.vocabulary.end_of_text)
    return network, host, run.vocabulary
