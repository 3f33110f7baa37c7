"""`realsam train --from`: the weights of a bundle, or of the shipped model, as those of a run."""

import json
from pathlib import Path

import pytest

from export import bundle as bundles
from export.bundle import load_bundle
from realsam.lower import lower
from realsam.train.runs import load_run_folder
from tests import tiny
from tests.realsam.cli.conftest import call, error

TINY = ("--preset", "tiny", "--vocab-size", "300", "--batch", "4", "--device", "cpu")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of little stories."""
    return tiny.corpus(tmp_path_factory.mktemp("text"), 30)


@pytest.fixture(scope="module")
def bundle(text: Path) -> Path:
    """Of a run of two steps."""
    run, out = text.parent / "run", text.parent / "bundle"
    assert call("train", text, *TINY, "--steps", "2", "--out", run).exit_code == 0
    assert call("export", run, "--out", out).exit_code == 0
    return out


@pytest.mark.parametrize("name", ["bundle", "shipped"])
def test_a_bundle_begins_a_run(
    name: str, text: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step of a learning rate of nothing leaves its network, bit for bit."""
    monkeypatch.setattr("realsam.train.origin.SHIPPED", bundle)
    monkeypatch.chdir(tmp_path)
    origin = bundle if name == "bundle" else name
    still = ("--preset", "tiny", "--batch", "4", "--device", "cpu", "--steps", "1")

    result = call(
        *("train", text, *still, "--lr", "1e-12", "--matrix-lr", "1e-12"),
        *("--from", origin, "--out", tmp_path / "run"),
    )

    assert result.exit_code == 0, result.output
    run, source = load_run_folder(tmp_path / "run"), load_bundle(bundle)
    assert lower(run.model(), run.vocabulary.end_of_text)[0] == source.network
    assert run.vocabulary.to_json() == source.vocabulary.to_json()
    assert run.provenance()["from"] == source.manifest["provenance"]


def test_another_preset_is_refused(text: Path, bundle: Path, tmp_path: Path) -> None:
    """The cure names that of the bundle."""
    out = tmp_path / "run"

    line = error(call("train", text, "--preset", "small", "--from", bundle, "--out", out))

    assert line.startswith(f"{bundle}: the weights are of another model, ")
    assert line.endswith("; give the options of that run, such as --preset tiny")
    assert not out.exists()


def test_a_bundle_that_does_not_tell_its_sizes_is_named(
    text: Path, bundle: Path, tmp_path: Path
) -> None:
    """One line."""
    manifest = json.loads((bundle / bundles.MANIFEST).read_text())
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in bundle.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    del manifest["provenance"]["model"]
    (broken / bundles.MANIFEST).write_text(json.dumps(manifest))

    line = error(call("train", text, *TINY, "--from", broken, "--out", tmp_path / "run"))

    assert line.startswith(f"{broken / bundles.MANIFEST}: does not tell the sizes of its model; ")
