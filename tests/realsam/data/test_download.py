"""Downloads: resumed after a cut, checked, kept; with `datasets` itself where it is installed."""

import errno
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from realsam.data import download as module
from realsam.data.download import SETS, download
from realsam.errors import BackendUnavailableError, DataError
from tests.realsam.data.files import jsonl
from tests.realsam.data.test_prepare import documents, prepared

ROWS = [
    {"instruction": f"Say {i}.", "context": "", "response": f"{i}é", "category": "qa", "more": i}
    for i in range(25)
]
needs_datasets = pytest.mark.skipif(
    find_spec("datasets") is None, reason="the extra `data` is not installed"
)


def silent(what: str, done: int, total: int) -> None:
    """Listen to nothing."""


class Stream:
    """Rows as `datasets` streams them, which may stop somewhere."""

    def __init__(self, rows: list[dict[str, Any]], ends: Callable[[int], None]) -> None:
        self._rows, self._ends, self._at = rows, ends, 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for at in range(self._at, len(self._rows)):
            self._ends(at)
            self._at = at + 1
            yield self._rows[at]

    def state_dict(self) -> dict[str, Any]:
        """Behind the last row that was given."""
        return {"at": self._at}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on behind it."""
        self._at = state["at"]


class Hub:
    """Stands in for the network: counts what is fetched, and fails on demand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]]) -> None:
        self.fetched: list[int] = []
        self.fails: dict[int, BaseException] = {}
        self.revisions: list[str | None] = []
        self._rows = rows
        monkeypatch.setattr(module, "_EVERY", 4)
        monkeypatch.setattr(module, "find_spec", lambda _: True)
        monkeypatch.setattr(module, "_revision", lambda _: f"revision {len(self.revisions)}")
        monkeypatch.setattr(module, "_stream", self._stream)

    def _stream(self, *place: str | None) -> tuple[Stream, int]:
        self.revisions.append(place[-1])
        return Stream(self._rows, self._fetch), len(self._rows)

    def _fetch(self, at: int) -> None:
        if at in self.fails:
            raise self.fails.pop(at)
        self.fetched.append(at)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A network that holds dolly."""
    return Hub(monkeypatch, ROWS)


def rows(folder: Path) -> list[dict[str, Any]]:
    """What was downloaded."""
    lines = (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


WANTED = [{name: row[name] for name in SETS["dolly"].fields} for row in ROWS]


def test_download_says_where_it_comes_from(tmp_path: Path, hub: Hub) -> None:
    """Set, revision, licence, rows and SHA-256; only the fields that are read are kept."""
    origin = download("dolly", tmp_path / "dolly", silent)

    assert rows(tmp_path / "dolly") == WANTED
    data = (tmp_path / "dolly" / "train.jsonl").read_bytes()
    assert origin["files"] == {"train.jsonl": {"rows": 25, "sha256": sha256(data).hexdigest()}}
    assert origin["set"] == "databricks/databricks-dolly-15k"
    assert (origin["revision"], origin["licence"]) == ("revision 0", "CC-BY-SA-3.0")
    assert json.loads((tmp_path / "dolly" / "download.json").read_text()) == origin
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["dolly", "download.json", "train.jsonl"]


@pytest.mark.parametrize("at", [0, 3, 4, 5, 24])
@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ConnectionError("reset by peer\nmore"), "the download was cut (reset by peer)"),
        (ValueError(), "the download was cut (ValueError)"),
        (KeyboardInterrupt(), "the download was interrupted"),
    ],
    ids=["network", "library", "Ctrl-C"],
)
def test_cut_download_goes_on(
    tmp_path: Path, hub: Hub, at: int, error: BaseException, message: str
) -> None:
    """At most _EVERY rows come again, of the revision that it began with."""
    hub.fails = {at: error}
    with pytest.raises(DataError) as raised:
        download("dolly", tmp_path / "dolly", silent)
    assert message in raised.value.message
    assert raised.value.cure == "run it again: it goes on where it stopped"
    assert not (tmp_path / "dolly").exists()

    download("dolly", tmp_path / "dolly", silent)

    assert rows(tmp_path / "dolly") == WANTED
    assert len(hub.fetched) == 25 + at % 4
    if at >= 4:
        assert hub.revisions == ["revision 0", "revision 0"]
    assert [p.name for p in tmp_path.iterdir()] == ["dolly"]


@pytest.mark.parametrize("damage", ["rows gone", "rows short", "state bad", "state short", "other"])
def test_what_cannot_go_on_begins_anew(tmp_path: Path, hub: Hub, damage: str) -> None:
    """Nothing is taken on trust."""
    hub.fails = {10: ConnectionError()}
    with pytest.raises(DataError):
        download("dolly", tmp_path / "dolly", silent)
    partial = tmp_path / "dolly.partial"
    state = json.loads((partial / "state.json").read_text())
    if damage == "rows gone":
        (partial / "train.jsonl").unlink()
    elif damage == "rows short":
        (partial / "train.jsonl").write_bytes(b"{}\n")
    elif damage == "state bad":
        (partial / "state.json").write_text("{")
    elif damage == "state short":
        del state["splits"]["train"]["bytes"]
        (partial / "state.json").write_text(json.dumps(state))
    else:
        (partial / "state.json").write_text(json.dumps(state | {"place": "elsewhere"}))

    download("dolly", tmp_path / "dolly", silent)

    assert rows(tmp_path / "dolly") == WANTED


def test_full_disk_can_go_on(tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once there is room."""
    line, n = module._line, 0

    def full(*given: Any) -> bytes:
        nonlocal n
        n += 1
        if n == 7:
            raise OSError(errno.ENOSPC, "No space left on device")
        return line(*given)

    monkeypatch.setattr(module, "_line", full)
    with pytest.raises(
        DataError, match=r"cannot be written \(No space left on device\); free some"
    ):
        download("dolly", tmp_path / "dolly", silent)

    download("dolly", tmp_path / "dolly", silent)

    assert rows(tmp_path / "dolly") == WANTED


def test_whole_download_is_kept(tmp_path: Path, hub: Hub) -> None:
    """Nothing is fetched again."""
    first = download("dolly", tmp_path / "dolly", silent)

    assert download("dolly", tmp_path / "dolly", silent) == first
    assert len(hub.fetched) == 25


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda out: (out / "train.jsonl").write_text("{}\n"), "out: damaged"),
        (lambda out: (out / "train.jsonl").unlink(), "out: damaged"),
        (lambda out: (out / "download.json").write_text("[]"), "out: damaged"),
        (lambda out: (out / "download.json").rename(out / "a"), "out: exists and is no download"),
    ],
)
def test_damaged_download_is_refused(
    tmp_path: Path, hub: Hub, change: Callable[[Path], object], message: str
) -> None:
    """And left as it is."""
    download("dolly", tmp_path / "out", silent)
    change(tmp_path / "out")

    with pytest.raises(DataError, match=message):
        download("dolly", tmp_path / "out", silent)


def test_other_set_in_the_folder_is_refused(tmp_path: Path, hub: Hub) -> None:
    """By name."""
    download("dolly", tmp_path / "out", silent)

    with pytest.raises(DataError, match="out: holds dolly; delete it, or give another --out"):
        download("alpaca", tmp_path / "out", silent)


def test_rows_of_another_schema_are_refused(tmp_path: Path, hub: Hub) -> None:
    """The set has changed, or the copy is of another one."""
    with pytest.raises(DataError, match="its rows have no 'input', they are no rows of tatsu-lab"):
        download("alpaca", tmp_path / "out", silent)


def test_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra that brings it."""
    monkeypatch.setattr(module, "find_spec", lambda _: None)

    with pytest.raises(BackendUnavailableError, match="needs datasets; install the extra `data`"):
        download("dolly", tmp_path / "out", silent)

    assert list(tmp_path.iterdir()) == []


def test_missing_copy_is_refused(tmp_path: Path, hub: Hub) -> None:
    """Before anything is fetched."""
    with pytest.raises(DataError, match="nowhere: no such folder"):
        download("dolly", tmp_path / "out", silent, tmp_path / "nowhere")


def messages(*numbers: int) -> list[dict[str, Any]]:
    """Trees of oasst1, a question and its answer each."""
    about = {"lang": "en", "deleted": False}
    pairs = [
        (
            {"message_id": f"q{i}", "parent_id": None, "role": "prompter", "text": f"{i}?"},
            {"message_id": f"a{i}", "parent_id": f"q{i}", "role": "assistant", "text": "Yes."},
        )
        for i in numbers
    ]
    return [row | about for pair in pairs for row in pair]


COPIES = {
    "tinystories": {
        "train": [{"text": f"Story {i}."} for i in range(40)],
        "validation": [{"text": "Held out."}],
    },
    "alpaca": {
        "train": [
            {"instruction": f"Say {i}.", "input": "", "output": "x", "text": "y"} for i in range(40)
        ]
    },
    "dolly": {"train": ROWS},
    "oasst1": {"train": messages(*range(20)), "validation": messages(20, 21)},
}


def copy_of(name: str, folder: Path) -> Path:
    """A set as it lies on the hub: JSON rows, TinyStories as Parquet in several shards."""
    (folder / "data").mkdir(parents=True)
    for split, found in COPIES[name].items():
        if name != "tinystories":
            jsonl(folder / "data" / f"{split}.jsonl", *found)
            continue
        from datasets import Dataset

        for shard in range(min(2, len(found))):
            path = folder / "data" / f"{split}-0000{shard}-of-00002.parquet"
            Dataset.from_list(found[shard::2]).to_parquet(path)
    return folder


@needs_datasets
@pytest.mark.parametrize("name", SETS)
def test_every_set_is_read_by_the_library(tmp_path: Path, name: str) -> None:
    """From a copy with its fields, and prepared with its licence."""
    origin = download(name, tmp_path / name, silent, copy_of(name, tmp_path / "copy"))

    n = {file: told["rows"] for file, told in origin["files"].items()}
    assert n == {f"{split}.jsonl": len(found) for split, found in COPIES[name].items()}
    found = prepared(tmp_path, tmp_path / name)
    assert {s["licence"] for s in found.manifest["sources"]} == {SETS[name].licence}
    assert len(documents(found)) > 15
    assert not any(s["rejected"] for s in found.manifest["sources"])


@needs_datasets
@pytest.mark.parametrize("at", [1, 9, 21, 37])
@pytest.mark.parametrize("name", ["tinystories", "oasst1"])
def test_library_goes_on_after_a_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, at: int
) -> None:
    """In any shard, to the same bytes."""
    monkeypatch.setattr(module, "_EVERY", 8)
    copy, received = copy_of(name, tmp_path / "copy"), module._received
    whole = download(name, tmp_path / "whole", silent, copy)

    def cut(stream: Any, where: str) -> Iterator[dict[str, Any]]:
        for i, row in enumerate(received(stream, where)):
            if i == at:
                raise module._cut(where, ConnectionError("reset by peer"))
            yield row

    monkeypatch.setattr(module, "_received", cut)
    with pytest.raises(DataError, match="was cut"):
        download(name, tmp_path / "again", silent, copy)
    monkeypatch.setattr(module, "_received", received)

    assert download(name, tmp_path / "again", silent, copy) == whole


@needs_datasets
def test_copy_that_the_library_cannot_read_is_one_line(tmp_path: Path) -> None:
    """With the reason of the library."""
    (tmp_path / "copy").mkdir()

    with pytest.raises(DataError, match="the download was cut"):
        download("dolly", tmp_path / "out", silent, tmp_path / "copy")
