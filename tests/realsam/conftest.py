"""Without the train extra the tests of its packages are left out."""

from importlib.util import find_spec

collect_ignore_glob = (
    []
    if find_spec("torch") and find_spec("snntorch")
    else [
        "nn/test_*.py",
        "train/test_*.py",
        "train/teacher/test_*.py",
        "train/curriculum/test_*.py",
        "test_lower.py",
        "cli/test_curriculum.py",
        "cli/test_export_proof.py",
    ]
)
