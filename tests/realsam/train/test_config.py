"""Training configurations: ranges, and files that are read back."""

import json

import pytest

from realsam.errors import DataError
from realsam.train.config import PRESETS, TrainConfig, differences, model_config, train_config


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"steps": 0}, "steps = 0 is below 1"),
        ({"batch": 0}, "batch = 0 is below 1"),
        ({"window": -1}, "window = -1 is below 1"),
        ({"accumulate": 0}, "accumulate = 0 is below 1"),
        ({"eval_every": 0}, "eval_every = 0 is below 1"),
        ({"lr": 0.0}, "lr = 0.0 is not positive"),
        ({"matrix_lr": -1.0}, "matrix_lr = -1.0 is not positive"),
        ({"lr": float("nan")}, "lr = nan is not positive"),
        ({"seed": -1}, "seed = -1 is outside 0..2**63-1"),
        ({"seed": 2**63}, f"seed = {2**63} is outside 0..2**63-1"),
        ({"teacher_share": -0.1}, "teacher_share = -0.1 is outside 0..1"),
        ({"teacher_share": float("nan")}, "teacher_share = nan is outside 0..1"),
        ({"teacher_top": 0}, "teacher_top = 0 is no power of two, as the GPU needs it"),
        ({"teacher_top": -4}, "teacher_top = -4 is no power of two, as the GPU needs it"),
        ({"teacher_top": 65}, "teacher_top = 65 is no power of two, as the GPU needs it"),
        ({"sampled": -1}, "sampled = -1 is negative"),
        ({"firing_weight": -0.1}, "firing_weight = -0.1 is negative"),
        ({"silence_weight": float("nan")}, "silence_weight = nan is negative"),
        ({"target_firing": 0.0}, "target_firing = 0.0 is outside 0..1"),
        ({"target_firing": (0.1, 1.5)}, "target_firing = 1.5 is outside 0..1"),
        ({"target_firing": float("nan")}, "target_firing = nan is outside 0..1"),
    ],
)
def test_values_out_of_range_are_named(values: dict[str, float], message: str) -> None:
    """Name, value, range."""
    with pytest.raises(DataError) as raised:
        TrainConfig(**values)

    assert message == raised.value.message


@pytest.mark.parametrize(("top", "cure"), [(-3, 1), (0, 1), (3, 2), (48, 32), (100, 64)])
def test_power_of_two_below_is_the_cure(top: int, cure: int) -> None:
    """As many tokens as the GPU can take, and no more than asked for."""
    with pytest.raises(DataError) as raised:
        TrainConfig(teacher_top=top)

    assert raised.value.cure == f"use {cure}"


def test_runs_of_older_versions_had_no_teacher() -> None:
    """Their files do not speak of one."""
    stored = {"preset": "tiny", "steps": 7}

    assert train_config(stored).teacher_share == 0


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_presets_survive_their_file(preset: object) -> None:
    """JSON and back."""
    model = json.loads(json.dumps(preset.model.to_json()))
    train = json.loads(json.dumps(preset.train.to_json()))

    assert preset.model == model_config(model)
    assert preset.train == train_config(train)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_know_their_names(name: str) -> None:
    """The run folder carries it."""
    assert name == PRESETS[name].train.preset


def test_targets_are_for_all_layers_or_for_each() -> None:
    """One number stands for all; a file brings a list back as what it was."""
    one, each = TrainConfig(target_firing=0.1), TrainConfig(target_firing=(0.1, 0.2, 0.3))

    assert one.targets(3) == (0.1, 0.1, 0.1)
    assert each.targets(3) == (0.1, 0.2, 0.3)
    assert train_config(json.loads(json.dumps(each.to_json()))) == each
    with pytest.raises(DataError, match="target_firing has 3 values for 2 layers"):
        each.targets(2)


def test_models_of_older_versions_were_dense() -> None:
    """Their files do not speak of mechanisms: they had none."""
    stored = PRESETS["base"].model.to_json()
    for name in ("wiring", "gates", "gains", "homeostasis", "environment", "diversity"):
        del stored[name]

    assert PRESETS["base"].model == model_config(stored)


def test_groups_divide_the_layers() -> None:
    """Every neuron has a time constant."""
    assert not any(p.model.width % p.model.groups for p in PRESETS.values())


def test_entries_of_other_versions_are_left_out() -> None:
    """A newer file is read as far as it is known."""
    stored = PRESETS["tiny"].train.to_json() | {"colour": "red"}

    assert PRESETS["tiny"].train == train_config(stored)


def test_differences_are_names() -> None:
    """Of values that differ or are missing on one side."""
    assert differences({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == ["b", "c"]
    assert differences({"a": 1}, {"a": 1}) == []
