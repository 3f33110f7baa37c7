"""Beginning with the weights of another run, and with nothing else of it.

Optimizer, schedule, position in the text and spiking state start anew.
"""

from pathlib import Path
from typing import Any

from realsam.errors import DataError
from realsam.nn.config import ModelConfig
from realsam.train.config import differences, model_config
from realsam.train.runs import TrainedRun, load_run_folder


def found_origin(folder: Path, wanted: ModelConfig, changes: dict[str, Any]) -> TrainedRun:
    """The run in a folder, whose model and vocabulary are those of the run that begins with it.

    Args:
        folder: of the run.
        wanted: the new run's model, with the vocabulary that its preset would learn.
        changes: the options of the new run.

    Raises:
        CheckpointError: if it cannot be read.
        DataError: if the new run is of another model.
    """
    run = load_run_folder(folder)
    stored = model_config(run.config["model"]).to_json()
    fitting = wanted.to_json() | {"dropout": stored["dropout"]}  # is no part of the weights
    if "vocab_size" not in changes:
        fitting["vocab_size"] = stored["vocab_size"]
    for name in differences(stored, fitting)[:1]:
        raise DataError(
            f"{folder}: the weights are of another model, {name} = {stored[name]} and not "
            f"{fitting[name]}",
            f"give the options of that run, such as --preset {run.config['train']['preset']}",
        )
    return run


def origin_reference(run: TrainedRun) -> dict[str, Any]:
    """What the new run's folder stores about it."""
    return {"folder": str(run.folder.resolve()), **run.provenance()}
