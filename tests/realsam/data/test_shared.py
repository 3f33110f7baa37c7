"""Real files, where they are: every row of them is kept, or left out for a reason."""

from pathlib import Path

import numpy as np
import pytest

from tests.realsam.data.test_prepare import prepared

DATA = Path(__file__).parents[3] / ".." / "shared" / "data"
TOKENIZER = Path(__file__).parents[3] / "realsam" / "models" / "tinystories-6x512"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not here")


@pytest.mark.parametrize(
    ("name", "kept", "rejected"),
    [
        ("en/tinystories_dev.txt.xz", 400, {}),
        ("en/alpaca_data.json.xz", 51_954, {"empty": 28, "a line begins as a turn": 20}),
        ("en/dolly_subset_nocontext.jsonl.xz", 5_997, {"duplicate": 3}),
        ("ru/tinystories_ru_dev.txt.xz", 500, {}),
        ("ner/presidio_synth_v2.json.xz", 1_500, {}),
    ],
)
def test_rows_are_kept_or_counted(
    tmp_path: Path, name: str, kept: int, rejected: dict[str, int]
) -> None:
    """As many as the files hold."""
    found = prepared(tmp_path, DATA / name, tokenizer=TOKENIZER)

    (source,) = found.manifest["sources"]
    assert (source["kept"], source["rejected"], source["cut"]) == (kept, rejected, 0)
    assert len(found.train) + len(found.valid) == kept


def test_entities_of_wnut_are_all_there(tmp_path: Path) -> None:
    """1,975 to train on, 1,079 in the test."""
    ner = DATA / "ner"

    found = prepared(
        tmp_path,
        ner / "wnut17_train.conll.xz",
        valid=(ner / "wnut17_test.conll.xz",),
        tokenizer=TOKENIZER,
    )

    counts = [np.count_nonzero(part.labels % 2) for part in (found.train, found.valid)]
    assert counts == [1_975, 1_079]
    assert (len(found.train), len(found.valid)) == (3_394, 1_287)


def test_entities_of_presidio_are_all_there(tmp_path: Path) -> None:
    """No template is on both sides."""
    path = DATA / "ner" / "presidio_synth_v2.json.xz"

    found = prepared(tmp_path, path, tokenizer=TOKENIZER, valid_share=0.3)

    counts = [np.count_nonzero(part.labels % 2) for part in (found.train, found.valid)]
    assert sum(counts) == 2_863
    assert min(counts) > 300


def test_language_can_be_chosen(tmp_path: Path) -> None:
    """Of stories in 87 of them."""
    path = DATA / "multi" / "african_storybook_all.jsonl.xz"

    (source,) = prepared(tmp_path, path, language="en").manifest["sources"]

    assert source["kept"] == 364
    assert source["rejected"] == {"duplicate": 2, "other language": 1_753}
