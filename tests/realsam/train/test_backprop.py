"""Backprop: windows follow each other as if they were one."""

from itertools import islice
from pathlib import Path

import torch

from realsam.train.data import Position
from tests import tiny


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
