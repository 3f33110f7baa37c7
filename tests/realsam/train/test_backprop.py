"""Backprop: windows follow each other as if they were one."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from realsam.nn.model import SpikingLM
from realsam.train.backprop import Backprop
from realsam.train.config import PRESETS
from realsam.train.data import Position
from realsam.train.objective import Objective
from tests import tiny
from tests.devices import Devices


def test_state_of_two_windows_is_that_of_one_of_twice_the_length(tmp_path: Path) -> None:
    """Voltages and spikes are both carried over, each in memory of its own."""
    session = tiny.session(tmp_path)
    trainer = session.trainer
    windows = list(islice(trainer._windows.start(Position(0, 0)), 2))
    tokens = torch.from_numpy(windows[0].tokens.copy()), torch.from_numpy(windows[1].tokens.copy())
    alive = (torch.cat(tokens) != tiny.vocabulary().end_of_text).float()
    alive[0] = 0

    for window in windows:
        trainer._backprop(window, seed=0)

    with torch.no_grad():
        expected = trainer.model(torch.cat(tokens), alive).state
    state = trainer._backprop.state
    assert all(map(torch.equal, state.v + state.s, expected.v + expected.s))
    assert max(float(v.abs().max()) for v in state.v) > 1


def test_rehearsals_change_nothing(tmp_path: Path) -> None:
    """Before a graph is captured, passes are played: state, stress and thresholds come back."""
    changes = {"environment": 0.5, "homeostasis": True}
    trainer = tiny.session(tmp_path, **changes).trainer
    backprop, model = trainer._backprop, trainer.model
    window = next(trainer._windows.start(Position(0, 0)))
    backprop(window, seed=0)
    pieces = [*backprop.state.v, *backprop.state.s, *model.buffers()]
    before, places = [p.clone() for p in pieces], [p.data_ptr() for p in pieces]

    backprop._rehearse(3, last=True)

    assert all(map(torch.equal, before, pieces))
    assert places == [p.data_ptr() for p in pieces]
    assert model.environment.stress < 1


@pytest.mark.parametrize("name", ["base", "v1", "v2", "v3", "v4"])
def test_pass_stays_on_its_device(name: str) -> None:
    """A pass can be captured, stress and thresholds included: no tensor elsewhere, none read."""
    preset, meta = PRESETS[name], torch.device("meta")
    model = SpikingLM(replace(preset.model, width=32, vocab_size=300)).to(meta)
    config = replace(preset.train, batch=3, window=6)
    backprop = Backprop(Objective(model, config), model, config, 3, 0, meta)
    backprop._pass(last=True)

    with Devices() as devices:
        backprop._pass(last=True)

    assert devices.seen == {"meta"}
