"""Beginning with the weights of a trained model, and with nothing else of its training.

Optimizer, schedule, position in the text and spiking state start anew.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.bundle import MANIFEST, SHIPPED, load_bundle
from realsam.errors import BundleError, DataError
from realsam.lift import lift
from realsam.nn.config import ModelConfig
from realsam.nn.model import SpikingLM
from realsam.train.config import differences, model_config
from realsam.train.runs import load_run_folder
from realsam.vocab import Vocabulary

_SHIPPED = Path("shipped")  # stands for the model that comes with Real Sam


@dataclass(frozen=True, eq=False)
class Origin:
    """A language model, from a run or out of the integers of a bundle."""

    folder: Path
    model: SpikingLM
    vocabulary: Vocabulary
    provenance: dict[str, Any]  # where its weights come from

    def reference(self) -> dict[str, Any]:
        """What a run that begins with it stores about it."""
        return {"folder": str(self.folder.resolve()), **self.provenance}


def load_origin(folder: Path) -> Origin:
    """The model of a run, or of a bundle; `shipped` is the one that comes with Real Sam.

    Raises:
        CheckpointError, BundleError: if it cannot be read.
        NetworkError: if the bundle's network is not that of a model.
    """
    if folder == _SHIPPED and not folder.exists():
        folder = SHIPPED
    if not (folder / MANIFEST).is_file():
        run = load_run_folder(folder)
        return Origin(run.folder, run.model(), run.vocabulary, run.provenance())
    bundle = load_bundle(folder)
    try:
        config = model_config(bundle.manifest["provenance"]["model"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError(
            f"{folder / MANIFEST}: does not tell the sizes of its model",
            "begin with a bundle that `realsam export` wrote of a training run",
        ) from error
    model = lift(bundle.network, bundle.host, config)
    return Origin(folder, model, bundle.vocabulary, bundle.manifest["provenance"])


def found_origin(folder: Path, wanted: ModelConfig, changes: dict[str, Any]) -> Origin:
    """The model in a folder, whose sizes and vocabulary are those of the run that begins with it.

    Args:
        folder: see `load_origin`.
        wanted: the new run's model, with the vocabulary that its preset would learn.
        changes: the options of the new run.

    Raises:
        RealSamError: if it cannot be read; see `load_origin`.
        DataError: if the new run is of another model.
    """
    origin = load_origin(folder)
    stored = origin.model.config.to_json()
    fitting = wanted.to_json() | {"dropout": stored["dropout"]}  # is no part of the weights
    if "vocab_size" not in changes:
        fitting["vocab_size"] = stored["vocab_size"]
    for name in differences(stored, fitting)[:1]:
        preset = origin.provenance["train"]["preset"]
        raise DataError(
            f"{folder}: the weights are of another model, {name} = {stored[name]} and not "
            f"{fitting[name]}",
            f"give the options of that run, such as --preset {preset}",
        )
    return origin
