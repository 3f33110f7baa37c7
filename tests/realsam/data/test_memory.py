"""Memory: preparing takes no more of it for more text."""

import subprocess
import sys
from pathlib import Path

import pytest

from realsam.data.toy import toy_documents
from realsam.vocab import END_OF_TEXT
from tests import tiny

pytest.importorskip("resource", reason="this system does not tell the memory of a process")

PREPARE = """
import resource, sys
from pathlib import Path
from realsam.data.prepare import Recipe, prepare
from realsam.data.source import Source
recipe = Recipe((Source(Path(sys.argv[1])),), tokenizer=Path(sys.argv[2]))
prepare(recipe, Path(sys.argv[3]), lambda *_: None)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
KIB_PER_UNIT = 1 / 1024 if sys.platform == "darwin" else 1


def peak_mib(folder: Path, n_copies: int) -> float:
    """Memory of a process that prepares a text of n times 12 MB."""
    text, tokenizer = folder / f"{n_copies}.txt", folder / "tokenizer.json"
    tokenizer.write_text(tiny.vocabulary().to_json())
    stories = toy_documents(50_000)
    with text.open("w") as file:
        for copy in range(n_copies):  # numbered: no duplicates
            file.writelines(f"{copy} {i}. {story}{END_OF_TEXT}" for i, story in enumerate(stories))
    done = subprocess.run(
        [sys.executable, "-c", PREPARE, str(text), str(tokenizer), str(folder / "out")],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        check=True,
    )
    assert text.stat().st_size > 12e6 * n_copies
    return float(done.stdout) * KIB_PER_UNIT / 1024


def test_memory_does_not_grow_with_the_text(tmp_path: Path) -> None:
    """50 MB more of text, at most 8 MiB more of memory; the hashes of duplicates are in it."""
    assert peak_mib(tmp_path, 5) - peak_mib(tmp_path, 1) < 8
