"""The table of rules in docs/checking.md is the one of the code."""

from pathlib import Path

from realsam.checking import CHIP_LIMITS, rule_table

GUIDE = Path(__file__).parents[3] / "docs" / "checking.md"


def test_guide_has_the_table_of_rules() -> None:
    """Line for line, as `realsam.checking.rule_table` returns them."""
    assert "\n".join(rule_table()) in GUIDE.read_text(encoding="utf-8")


def test_guide_names_every_limit() -> None:
    """All that --limit takes."""
    text = GUIDE.read_text(encoding="utf-8")

    assert [name for name in CHIP_LIMITS["loihi2"] if f"`{name}`" not in text] == []
