"""What each of two processes does in `test_parallel`; torchrun starts it.

Each run is named after what it shows; its folder is read by the tests.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

import torch

from realsam.train.loop import Progress
from realsam.train.parallel import Processes, joined
from realsam.train.session import Session, prepare, resumed

CHANGES = {"vocab_size": 300, "batch": 4, "window": 16, "steps": 6, "eval_every": 3}
PENALISED = CHANGES | {"target_firing": 0.03}
HARD = CHANGES | {"dropout": 0.2, "accumulate": 2, "environment": 0.5, "homeostasis": True}
TAUGHT = CHANGES | {"teacher_top": 16, "sampled": 6000}


def ignore(progress: Progress) -> None:
    """Listen to nothing."""


def interrupt(progress: Progress) -> None:
    """End the training at its first report."""
    raise KeyboardInterrupt


def gradients(session: Session) -> dict[str, torch.Tensor]:
    """Gradients of two passes over the first window; the first keeps its own to its process."""
    trainer = session.trainer
    window = next(trainer._windows.start(trainer._position, trainer._streams))
    trainer._backprop(window, seed=0, last=False)
    trainer._backprop(window, seed=0, last=True)
    return {name: p.grad for name, p in trainer.model.named_parameters()}


def main(processes: Processes, text: Path, out: Path) -> None:
    """Train six runs, and keep the gradients of another."""

    def start(name: str, changes: dict[str, object], teacher: Path | None = None) -> Session:
        return prepare([text], None, "tiny", changes, "cpu", out / name, processes, teacher)

    start("easy", CHANGES).trainer.train(ignore)
    start("taught", TAUGHT, out / "teacher").trainer.train(ignore)
    start("straight", HARD).trainer.train(ignore)
    try:
        start("broken", HARD).trainer.train(interrupt)
    except KeyboardInterrupt:
        torch.rand(17 + processes.rank)
        processes.barrier()  # until the checkpoint is written
    for name in ("broken", "alone"):
        resumed(out / name, {}, "cpu", processes).trainer.train(ignore)
    found = gradients(start("first", PENALISED))
    if processes.is_main:
        torch.save(found, out / "gradients.pt")


if __name__ == "__main__":
    with joined() as processes:
        main(processes, Path(sys.argv[1]), Path(sys.argv[2]))
