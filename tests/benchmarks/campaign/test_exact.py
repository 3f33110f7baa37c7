"""The shipped model in closed loop."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.campaign import exact
from benchmarks.campaign.__main__ import main
from export.bundle import SHIPPED
from realsam.evaluation import Scores
from realsam.ir import Sampler

needs_model = pytest.mark.skipif(not SHIPPED.exists(), reason="no model is shipped")


@pytest.mark.parametrize("n_tokens", [1, 49, 50, 999, 10_000])
def test_documents_have_all_tokens(n_tokens: int) -> None:
    """Exactly as many as were asked for, about half of them in the first."""
    lengths = [document.n_tokens for document in exact.documents(n_tokens, 0)]

    assert sum(lengths) == n_tokens
    assert lengths[0] >= n_tokens // 2
    assert min(lengths) > 0


def test_documents_are_sampled_in_many_ways() -> None:
    """Greedy, with few and with all tokens, each with its own seed."""
    samplers = [document.sampler for document in exact.documents(10_000, 5)]

    assert len(samplers) == len({s.seed for s in samplers}) == 20
    assert {s.temperature for s in samplers} == set(exact.TEMPERATURES)
    assert {s.top_k for s in samplers} == set(exact.TOP_K)


@needs_model
def test_backends_write_the_same(tmp_path: Path) -> None:
    """A text per document, from the reference and the simulator."""
    out = tmp_path / "exact.json"
    words = ["exact", "--tokens", "60", "--backends", "sim", "--jobs", "1", "--out", str(out)]

    result = CliRunner().invoke(main, words)

    assert result.exit_code == 0, result.output
    assert "exact: reference == sim, scoring too, 0 differences" in result.stdout
    found = json.loads(out.read_text())
    assert found["totals"]["tokens"] == 60
    assert len(set(found["digests"].values())) == 1


@needs_model
def test_another_text_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here a sampler with another seed."""
    monkeypatch.setattr(exact, "fast_sampler", lambda _: Sampler(seed=99))

    found = exact.compare_documents(None, 30, 0, ["sim"], jobs=1)

    assert "sim, 'Once upon a time', seed 0: token " in found["differences"][0]


@needs_model
def test_other_spikes_in_scoring_are_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every population is counted."""
    monkeypatch.setattr(exact, "score", lambda *_: Scores(0.0, {"layer1": 3}))

    found = exact.compare_documents(None, 30, 0, ["sim"], jobs=1)

    assert "scoring, 'Once upon a time', seed 0: {'layer1': 3}" in found["differences"][0]


def test_unknown_backend_is_named() -> None:
    """Before anything is played."""
    result = CliRunner().invoke(main, ["exact", "--backends", "sim,foo"])

    assert result.exit_code == 2
    assert "'foo' is not one of 'torch', 'reference', 'sim'" in result.output
