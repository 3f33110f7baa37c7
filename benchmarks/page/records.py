"""What the page takes from the records of the project: numbers that runs have left behind."""

import json
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
VERSIONS = ("v1", "v2", "v3", "v4")
_MECHANISMS = {
    "gains": "gains",
    "gates": "gates",
    "homeostasis": "homeostatic thresholds",
    "environment": "environment",
    "diversity": "diversity",
}
_WIRINGS = {"chain": "chain", "residual": "residual stream", "dense": "dense skips"}
_TEXTS = {"shakespeare": "Tiny Shakespeare", "tinystories": "TinyStories"}


class Version(NamedTuple):
    """One version and its float original, on the first text that scored them."""

    name: str
    network: str
    vocabulary: int
    mechanisms: str
    text: str
    parameters: int
    ours: float  # nats per token
    original: float
    firing: float  # on the last text that scored it, as in docs/versions.md


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def exactness() -> dict[str, dict[str, Any]]:
    """The records of docs/exactness by name."""
    return {path.stem: _read(path) for path in sorted((DOCS / "exactness").glob("*.json"))}


def curriculum() -> dict[str, Any]:
    """The record of the curriculum, with the rows of its first seed in front."""
    record: dict[str, Any] = _read(DOCS / "experiments" / "curriculum.json")
    first = {row["way"]: row for row in record["rows"] if row["seed"] == record["seeds"][0]}
    return record | {"first": first, "slower": _slower(record["rows"])}


def _slower(rows: list[dict[str, Any]]) -> float:
    """How many times as long a training with the curriculum takes, mean over the seeds."""
    seconds = dict.fromkeys((row["way"] for row in rows), 0.0)
    for row in rows:
        seconds[row["way"]] += row["seconds"]
    return seconds["curriculum"] / seconds["plain"]


def versions() -> list[Version]:
    """V1 to V4."""
    return [_version(_read(DOCS / "experiments" / "versions" / f"{v}.json")) for v in VERSIONS]


def _version(record: dict[str, Any]) -> Version:
    model, (ours, original) = record["model"], record["rows"]
    text = record["texts"][0]["name"]
    used = [_WIRINGS[model["wiring"]], *(word for key, word in _MECHANISMS.items() if model[key])]
    return Version(
        ours["name"].upper(),
        f"{model['layers']} × {model['width']}",
        model["vocab_size"],
        ", ".join(used),
        _TEXTS[text.partition("_")[0]],
        ours["n_parameters"],
        ours["scores"][text]["nats_per_token"],
        original["scores"][text]["nats_per_token"],
        ours["scores"][record["texts"][-1]["name"]]["firing_rate"],
    )
