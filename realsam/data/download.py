"""Public sets, streamed with Hugging Face `datasets` into a folder of JSON rows.

train.jsonl, validation.jsonl   the fields that `realsam data prepare` reads
download.json                   where they come from: set, revision, licence, rows, SHA-256

Rows are written to FOLDER.partial, with the place in the stream beside them every _EVERY rows. A
download that was cut goes on there; the folder appears when it is whole, and is its own cache.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from realsam.data.gather import ORIGIN
from realsam.errors import BackendUnavailableError, DataError
from realsam.files import replacing, sha256_of, swap

STATE = "state.json"  # in FOLDER.partial
_AGAIN = "run it again: it goes on where it stopped"
_EVERY = 1000  # rows; so many are fetched again, at most

OnDone = Callable[[str, int, int], None]


@dataclass(frozen=True)
class PublicSet:
    """A set on the Hugging Face hub."""

    id: str
    licence: str
    splits: tuple[str, ...]
    fields: tuple[str, ...]  # that are kept of each row


SETS = {
    "tinystories": PublicSet(
        "roneneldan/TinyStories", "CDLA-Sharing-1.0", ("train", "validation"), ("text",)
    ),
    "alpaca": PublicSet(
        "tatsu-lab/alpaca", "CC-BY-NC-4.0", ("train",), ("instruction", "input", "output")
    ),
    "dolly": PublicSet(
        "databricks/databricks-dolly-15k",
        "CC-BY-SA-3.0",
        ("train",),
        ("instruction", "context", "response", "category"),
    ),
    "oasst1": PublicSet(
        "OpenAssistant/oasst1",
        "Apache-2.0",
        ("train", "validation"),
        ("message_id", "parent_id", "role", "text", "lang", "deleted"),
    ),
}


def download(name: str, out: Path, on_done: OnDone, local: Path | None = None) -> dict[str, Any]:
    """Fetch a set, or go on with it; returns what download.json says.

    Args:
        name: one of SETS.
        out: folder; one that holds this set already is left as it is.
        on_done: hears of rows.
        local: a copy of the set's files to read instead of the hub.

    Raises:
        BackendUnavailableError: if `datasets` is not installed.
        DataError: if the hub cannot be reached, the download is cut, or the folder cannot be
            written.
    """
    if (out / ORIGIN).is_file():
        return _complete(out, name)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out}: exists and is no download", "give another --out")
    if find_spec("datasets") is None:
        raise BackendUnavailableError(
            "realsam data download needs datasets",
            "install the extra `data`: pip install -c constraints.txt -e '.[data]'",
        )
    if local and not local.is_dir():
        raise DataError(f"{local}: no such folder", "give --from a copy of the set's files")
    out = out.resolve()
    partial = out.with_name(out.name + ".partial")
    try:
        origin = _fetch(SETS[name], name, partial, on_done, local)
        (partial / ORIGIN).write_text(json.dumps(origin, indent=2) + "\n", encoding="utf-8")
        (partial / STATE).unlink()
        swap(partial, out)
    except KeyboardInterrupt:
        raise DataError(f"{out}: the download was interrupted", _AGAIN) from None
    except OSError as error:
        raise DataError(
            f"{error.filename or partial}: cannot be written ({error.strerror})",
            f"free some room and {_AGAIN}",
        ) from error
    return origin


def _complete(out: Path, name: str) -> dict[str, Any]:
    """What is there already, if it is whole and what is wanted."""
    try:
        origin: dict[str, Any] = json.loads((out / ORIGIN).read_text(encoding="utf-8"))
        whole = all(sha256_of(out / f) == told["sha256"] for f, told in origin["files"].items())
        if whole and origin["name"] == name:
            return origin
        reason = "damaged" if origin["name"] == name else f"holds {origin['name']}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        reason = "damaged"
    raise DataError(f"{out}: {reason}", "delete it, or give another --out")


def _fetch(
    wanted: PublicSet, name: str, partial: Path, on_done: OnDone, local: Path | None
) -> dict[str, Any]:
    place = str(local.resolve()) if local else wanted.id
    state = _state(partial / STATE, place) or {
        "place": place,
        "revision": None if local else _revision(wanted.id),
        "splits": {},
    }
    for split in wanted.splits:
        if not state["splits"].get(split, {}).get("done"):
            _fetch_split(wanted, split, partial, state, on_done)
    return {
        "name": name,
        "set": wanted.id,
        "revision": state["revision"],
        "licence": wanted.licence,
        "files": {
            f"{split}.jsonl": {
                "rows": state["splits"][split]["rows"],
                "sha256": sha256_of(partial / f"{split}.jsonl"),
            }
            for split in wanted.splits
        },
    }


def _fetch_split(
    wanted: PublicSet, split: str, partial: Path, state: dict[str, Any], on_done: OnDone
) -> None:
    """Append the rows that are not there yet."""
    stream, total = _stream(state["place"], split, state["revision"])
    path, begun = partial / f"{split}.jsonl", state["splits"].get(split)
    if begun and path.exists() and path.stat().st_size >= begun["bytes"]:
        stream.load_state_dict(begun["stream"])
    else:
        begun = {"rows": 0, "bytes": 0}
    n = begun["rows"]
    partial.mkdir(parents=True, exist_ok=True)
    path.touch()
    with path.open("r+b") as file:
        file.truncate(begun["bytes"])
        file.seek(begun["bytes"])

        def keep(done: bool) -> None:
            file.flush()
            place = {"rows": n, "bytes": file.tell(), "stream": stream.state_dict(), "done": done}
            state["splits"][split] = place
            with replacing(partial / STATE) as new:
                new.write_text(json.dumps(state), encoding="utf-8")
            on_done(f"{split}, rows", n, max(n, total))

        for row in _received(stream, f"{state['place']}: {split}"):
            file.write(_line(row, wanted, state["place"]))
            n += 1
            if n % _EVERY == 0:
                keep(done=False)
        keep(done=True)


def _line(row: dict[str, Any], wanted: PublicSet, place: str) -> bytes:
    if missing := [field for field in wanted.fields if field not in row]:
        raise DataError(
            f"{place}: its rows have no {missing[0]!r}, they are no rows of {wanted.id}",
            "give --from a copy of that set, or report that the set has changed",
        )
    kept = {field: row[field] for field in wanted.fields}
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _stream(place: str, split: str, revision: str | None) -> tuple[Any, int]:
    """The rows of a split as `datasets` streams them, and their number, 0 if it is not told."""
    import datasets

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    try:
        stream = datasets.load_dataset(place, split=split, revision=revision, streaming=True)
    except Exception as error:  # of many libraries: the network's, the formats'
        raise _cut(place, error) from error
    told = (stream.info.splits or {}).get(split)
    return stream, told.num_examples or 0 if told else 0


def _revision(id_: str) -> str:
    """The newest revision; a download that goes on stays with the one it began with."""
    import huggingface_hub

    try:
        return str(huggingface_hub.HfApi().dataset_info(id_).sha)
    except Exception as error:  # of many libraries: the network's, the hub's
        raise _cut(id_, error) from error


def _received(stream: Any, where: str) -> Iterator[dict[str, Any]]:
    try:
        yield from stream
    except Exception as error:  # of many libraries: the network's, the formats'
        raise _cut(where, error) from error


def _cut(where: str, error: Exception) -> DataError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return DataError(f"{where}: the download was cut ({reason})", _AGAIN)


def _state(path: Path, place: str) -> dict[str, Any] | None:
    """Where a download of this place stopped; None if there was none."""
    try:
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        whole = all(
            isinstance(state["splits"][split][name], kind)
            for split in state["splits"]
            for name, kind in (("rows", int), ("bytes", int), ("stream", dict), ("done", bool))
        )
        return state if whole and state["place"] == place and "revision" in state else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
