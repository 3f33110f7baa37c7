"""The course of a curriculum: phase after phase, each a run that begins with the one before."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from realsam.errors import DataError
from realsam.files import replacing
from realsam.train.checkpoint import checkpoint_file
from realsam.train.curriculum.phases import options, phases
from realsam.train.curriculum.picture import draw
from realsam.train.curriculum.record import Plan, load, row, save
from realsam.train.device import free_memory
from realsam.train.lesson import Lesson
from realsam.train.runs import RUNS, load_run_folder, refuse_used
from realsam.train.session import Session, configure, prepare, resumed

PICTURE = "curriculum.svg"
Train = Callable[[Session], object]  # trains to the end
Say = Callable[[str], None]  # hears one line


class Course:
    """A curriculum in its folder, from where it stands."""

    def __init__(self, folder: Path, plan: Plan, rows: list[dict[str, Any]]) -> None:
        self.folder = folder
        self.rows = rows  # of the phases that are done, see `realsam.train.curriculum.record.row`
        self._plan = plan
        self._phases = phases(bool(plan.conversations))
        _, self._whole = configure(plan.preset, plan.changes)

    @staticmethod
    def new(plan: Plan, folder: Path | None) -> "Course":
        """A curriculum that is not begun; by default in runs/<time>-<preset>.

        Raises:
            DataError: if it cannot be followed, or the folder is in use.
        """
        folder = folder or RUNS / f"{time.strftime('%Y%m%d-%H%M%S')}-{plan.preset}"
        refuse_used(folder)
        course = Course(folder, plan, [])
        steps, n_phases = course._whole.steps, len(course._phases)
        if steps < n_phases:
            raise DataError(f"{steps} steps are fewer than {n_phases} phases", "give more --steps")
        for place in filter(Path.exists, map(course._place, range(n_phases))):
            raise DataError(f"{place}: is there already", "give another --out")
        return course

    @staticmethod
    def resumed(folder: Path) -> "Course":
        """A curriculum that was interrupted.

        Raises:
            DataError: if all of its phases are done.
            CheckpointError: if its record is damaged.
        """
        course = Course(folder, *load(folder))
        if len(course.rows) >= len(course._phases):
            raise DataError(
                f"{folder}: all of its phases are done", "begin a new run with --from and it"
            )
        return course

    def follow(self, device: str, train: Train, say: Say) -> None:
        """Hold the phases that are left; the table and its picture grow with each."""
        if not self._plan.conversations:
            say("no --conversations: the phases conversations and blended are left out")
        for number in range(len(self.rows), len(self._phases)):
            self._hold(number, device, train, say)
            free_memory()  # its graphs are of other windows than those of the next

    def _hold(self, number: int, device: str, train: Train, say: Say) -> None:
        phase, place = self._phases[number], self._place(number)
        if session := self._session(number, device):
            save(self.folder, self._plan, self.rows)
            say(f"phase {place.name}: window {phase.window}, {session.story}")
            train(session)
        run = load_run_folder(place)
        self.rows.append(row(run, run.ended()))
        save(self.folder, self._plan, self.rows)
        with replacing(self.folder / PICTURE) as partial:
            partial.write_text(draw(self.folder, self.rows), encoding="utf-8")

    def _session(self, number: int, device: str) -> Session | None:
        """The run of a phase, begun or gone on with; none if it is over."""
        plan, place = self._plan, self._place(number)
        if checkpoint_file(place).is_file():
            return None if load_run_folder(place).ended() else resumed(place, {}, device)
        if place.exists():
            shutil.rmtree(place)  # was interrupted before its first checkpoint
        phase, *_ = rest = self._phases[number:]
        left = self._whole.steps - sum(done["steps"] for done in self.rows)
        return prepare(
            plan.files,
            plan.valid,
            plan.preset,
            options(self._whole, plan.changes, left, rest),
            device,
            place,
            origin=self._place(number - 1) if number else plan.origin,
            lesson=Lesson(phase.lesson, plan.conversations),
        )

    def _place(self, number: int) -> Path:
        return self.folder / f"{number + 1}-{self._phases[number].name}"
