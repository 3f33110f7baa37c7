"""Runs: what is recorded, saved, loaded and refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import save_file

from realsam.errors import RealSamError
from realsam.ir import Input, Recorder, Run, load_run, save_run, tensor_file
from tests import tiny


def run(n_tokens: int = 3) -> Run:
    """A run of the tiny network with spikes and voltages that are all different."""
    recorder = Recorder(tiny.network(), "reference")
    for token in range(n_tokens):
        spikes = (np.arange(6) + token) % 4
        recorder.add(spikes.astype(np.uint8), np.array([token, -(2**23) + 1]))
    return recorder.run(seed="7")


def test_recorder_cuts_the_spikes_by_population() -> None:
    """The input is recorded too."""
    spikes = {name: s.tolist() for name, s in run(2).spikes.items()}

    assert spikes == {"in": [[0, 1], [1, 2]], "a": [[2, 3], [3, 0]], "b": [[0, 1], [1, 2]]}


def test_recorder_copies_what_it_is_given() -> None:
    """Backends may write into their arrays again."""
    recorder = Recorder(tiny.network(), "reference")
    spikes, voltage = np.ones(6, np.uint8), np.ones(2, np.int64)
    recorder.add(spikes, voltage)

    spikes[:], voltage[:] = 0, 0

    assert recorder.run().spikes["a"].tolist() == [[1, 1]]
    assert recorder.run().voltage.tolist() == [[1, 1]]


def graded(*payloads: list[int]) -> Run:
    """A run of the tiny network with a graded input and silent neurons."""
    network = replace(tiny.network(), input=Input("in", 2, 24))
    recorder = Recorder(network, "reference")
    for row in payloads:
        recorder.add(np.array([*row, 0, 1, 0, 1], np.int32), np.zeros(2, np.int64))
    return recorder.run()


def test_payloads_are_kept_beside_spikes(tmp_path: Path) -> None:
    """As int32, the neurons' spikes as uint8; on the disk too."""
    recorded = graded([-(2**23), 2**23 - 1], [0, -1])
    save_run(recorded, tmp_path / "a.run")

    for played in (recorded, load_run(tmp_path / "a.run")):
        assert played.spikes["in"].tolist() == [[-(2**23), 2**23 - 1], [0, -1]]
        assert played.spikes["in"].dtype == np.int32
        assert played.spikes["a"].tolist() == [[0, 1], [0, 1]]
        assert played.spikes["a"].dtype == np.uint8
        assert played.digests() == recorded.digests()


@pytest.mark.parametrize("other", [[1, 1], [1, -1], [-1, 2], [0, 0]])
def test_digests_tell_payloads_apart(other: list[int]) -> None:
    """Also small ones: as bits they would all be alike."""
    assert graded([-1, 1]).digests()["in"] != graded(other).digests()["in"]


def test_empty_run_has_shapes() -> None:
    """No tokens, and every array knows its neurons."""
    empty = run(0)

    assert {n: s.shape for n, s in empty.spikes.items()} == dict.fromkeys(("in", "a", "b"), (0, 2))
    assert empty.voltage.shape == (0, 2)
    assert empty.n_tokens == 0
    assert empty.tokens_per_second == 0.0


def test_notes_carry_versions() -> None:
    """Python, numpy, machine, and what the backend adds."""
    assert {"python", "numpy", "machine", "seed"} == set(run().notes)


def test_tokens_per_second_counts_to_the_last_token() -> None:
    """Three tokens in a second and a half."""
    assert replace(run(), seconds=np.array([0.1, 0.2, 1.5])).tokens_per_second == 2.0


@pytest.mark.parametrize("n_tokens", [0, 1, 3])
def test_round_trip_keeps_everything(tmp_path: Path, n_tokens: int) -> None:
    """Every array and every field."""
    saved = run(n_tokens)

    save_run(saved, tmp_path / "run.safetensors")
    loaded = load_run(tmp_path / "run.safetensors")

    assert saved.digests() == loaded.digests()
    for name, spikes in saved.spikes.items():
        assert np.array_equal(spikes, loaded.spikes[name])
    assert np.array_equal(saved.voltage, loaded.voltage)
    assert np.array_equal(saved.seconds, loaded.seconds)
    for field in ("backend", "network", "steps_per_token", "notes", "joules"):
        assert getattr(saved, field) == getattr(loaded, field)


def test_format_1_is_still_read(tmp_path: Path) -> None:
    """Its spikes are bytes, its voltages take eight of them, and no energy is known."""
    recorded = run()
    spikes = recorded.spikes.items()
    tensors = {f"spikes/{name}": np.ascontiguousarray(given) for name, given in spikes}
    plain = {
        "format": 1,
        "backend": recorded.backend,
        "network": recorded.network,
        "steps_per_token": 4,
        "notes": {},
    }
    tensors |= {"voltage": recorded.voltage, "seconds": recorded.seconds}
    save_file(tensors, tmp_path / "old.run", {"realsam": json.dumps(plain)})

    old = load_run(tmp_path / "old.run")

    assert recorded.digests() == old.digests()
    assert old.joules is None


def test_spikes_of_one_bit_are_stored_so(tmp_path: Path) -> None:
    """Eight neurons a byte; a population that fires twice in a token keeps its bytes."""
    recorder = Recorder(tiny.network(), "reference")
    for _ in range(8):
        recorder.add(np.array([1, 0, 1, 1, 2, 0], np.uint8), np.zeros(2, np.int64))
    save_run(recorder.run(), tmp_path / "a.run")

    tensors, _ = tensor_file.load_tensors(tmp_path / "a.run")

    assert {n: t.nbytes for n, t in tensors.items() if n.startswith("spikes")} == {
        "spikes/in": 2,
        "spikes/a": 2,
        "spikes/b": 16,
    }


def test_no_time_is_no_speed() -> None:
    """A clock that stood still divides nothing by zero."""
    assert replace(run(), seconds=np.zeros(3)).tokens_per_second == 0.0


def test_digests_name_the_population_that_differs() -> None:
    """One spike changes one digest, one voltage another."""
    before, after = run(), run()
    after.spikes["a"][1, 0] += 1
    after.voltage[0, 0] += 1

    same = {name: digest == after.digests()[name] for name, digest in before.digests().items()}

    assert same == {"in": True, "a": False, "b": True, "voltage": False}


def test_digests_of_binary_spikes_are_pinned() -> None:
    """Bundles store them: the bytes they are taken over never change."""
    binary = run()
    for spikes in binary.spikes.values():
        spikes[:] %= 2

    digests = {name: digest[:16] for name, digest in binary.digests().items()}

    assert digests == {
        "in": "18ac3e7343f01689",
        "a": "18ac3e7343f01689",
        "b": "18ac3e7343f01689",
        "voltage": "b0ad64e68f1e5d36",
    }


def damaged(path: Path, how: str) -> None:
    """Damage a saved run."""
    whole = path.read_bytes()
    plain = json.dumps({"format": 3, "backend": "x"})
    tensor = {"voltage": np.zeros((1, 2))}
    {
        "missing": path.unlink,
        "empty": lambda: path.write_bytes(b""),
        "truncated": lambda: path.write_bytes(whole[: len(whole) // 2]),
        "without its end": lambda: path.write_bytes(whole[:-1]),
        "no safetensors": lambda: path.write_bytes(b"once upon a time " * 9),
        "without metadata": lambda: save_file(tensor, path),
        "foreign metadata": lambda: save_file(tensor, path, {"format": "pt"}),
        "metadata no JSON": lambda: save_file(tensor, path, {"realsam": "{"}),
        "metadata no object": lambda: save_file(tensor, path, {"realsam": "[]"}),
        "another format": lambda: save_file(tensor, path, {"realsam": plain}),
        "without arrays": lambda: save_file(tensor, path, {"realsam": plain.replace("3", "2")}),
    }[how]()


@pytest.mark.parametrize(
    "how",
    [
        "missing",
        "empty",
        "truncated",
        "without its end",
        "no safetensors",
        "without metadata",
        "foreign metadata",
        "metadata no JSON",
        "metadata no object",
        "another format",
        "without arrays",
    ],
)
def test_damage_is_one_line(tmp_path: Path, how: str) -> None:
    """The file is named, and the cure."""
    path = tmp_path / "run.safetensors"
    save_run(run(), path)
    damaged(path, how)

    with pytest.raises(RealSamError) as raised:
        load_run(path)

    assert str(raised.value).startswith(f"{path}: ")
    assert str(raised.value).endswith("; record it again")
    assert "\n" not in str(raised.value)


def test_another_format_is_named(tmp_path: Path) -> None:
    """A file of a later version says so."""
    path = tmp_path / "run.safetensors"
    save_run(run(), path)
    damaged(path, "another format")

    with pytest.raises(RealSamError, match="run format 3 is not 2"):
        load_run(path)


def test_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library has an exception of its own for it."""

    def stop(tensors: object, partial: Path, metadata: object) -> None:
        partial.write_bytes(b"half")
        raise SafetensorError("I/O error: No space left on device")

    monkeypatch.setattr(tensor_file, "save_file", stop)
    with pytest.raises(RealSamError, match=r"run: cannot be written .* space .*; free some room"):
        save_run(run(1), tmp_path / "a.run")

    assert list(tmp_path.iterdir()) == []


def test_interrupted_save_keeps_the_old_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file changes in one piece or not at all."""
    path = tmp_path / "run.safetensors"
    save_run(run(1), path)

    def stop(tensors: object, partial: Path, metadata: object) -> None:
        partial.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(tensor_file, "save_file", stop)
    with pytest.raises(KeyboardInterrupt):
        save_run(run(3), path)

    assert load_run(path).n_tokens == 1
