"""What was measured, as a table for people."""

from collections.abc import Sequence
from typing import Any


def header(about: dict[str, Any]) -> str:
    """Lines that say what was trained on what, where."""
    model = about["model"]
    texts = ", ".join(f"{text['name']} {text['tokens']:,}" for text in about["texts"])
    return (
        f"{about['device']}, torch {about['torch']}, commit {about['commit']}\n"
        f"{model['layers']} layers of {model['width']}, vocabulary {model['vocab_size']}, "
        f"{model['code_bits']} code bits, dropout {model['dropout']}\n"
        f"trained on {about['train_tokens']:,} tokens; nats per token of {texts} tokens, every "
        "document from a cold start"
    )


def table(rows: Sequence[dict[str, Any]]) -> str:
    """One line per baseline."""
    names = next((list(row["scores"]) for row in rows if "scores" in row), [])
    wide = [max(len(name), 8) for name in names]
    titles = "".join(f"  {name:>{width}}" for name, width in zip(names, wide, strict=True))
    head = (
        f"{'baseline':<9}{'parameters':>11}{'steps':>7}{'batch':>6}{'window':>7}{'seed':>5}"
        f"{'seconds':>9}{'tokens/s':>11}{'training':>10}{titles}{'firing':>8}"
    )
    return "\n".join([head, *(_line(row, wide) for row in rows)])


def _line(row: dict[str, Any], wide: Sequence[int]) -> str:
    if "error" in row:
        return f"{row['name']:<9}{row['error']}"
    scores = row["scores"].values()
    nats = (f"  {s['nats_per_token']:>{n}.4f}" for s, n in zip(scores, wide, strict=True))
    rate = next((s["firing_rate"] for s in scores), None)
    return (
        f"{row['name']:<9}{row['n_parameters']:>11,}{row['steps']:>7}{row['batch']:>6}"
        f"{row['window']:>7}{row['seed']:>5}{row['train_s']:>9.1f}{row['tokens_per_s']:>11,.0f}"
        f"{row['train_nats_per_token']:>10.4f}{''.join(nats)}"
        f"{'-' if rate is None else f'{rate:.1%}':>8}"
    )
