"""What commands accept as a model: a bundle, a training run, or nothing (the shipped model).

`realsam eval` also takes a teacher.
"""

from pathlib import Path

from export.bundle import MANIFEST, load_bundle
from realsam.cli.backends import require_torch
from realsam.ir import Host, Network
from realsam.vocab import Vocabulary


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
