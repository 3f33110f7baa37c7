"""What a teacher scores on a text, under the names of `realsam eval`."""

from collections.abc import Callable, Sequence
from math import log
from typing import Any

from realsam.ir import perplexity
from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.folder import KeptTeacher
from realsam.train.teacher.text import Text

OnDone = Callable[[int, int], None]  # hears how many tokens of how many are scored


def scored(
    ensemble: Ensemble, text: Text, n_bytes: int, on_done: OnDone | None = None
) -> dict[str, Any]:
    """Every token of every document, each cold, of its members alone and together.

    Documents beyond the context are heard in pieces that overlap by half.

    Args:
        ensemble: who is scored.
        text: the documents.
        n_bytes: theirs.
        on_done: hears of the progress.
    """
    *alone, nats = ensemble.nats(text, on_done).tolist()
    return {
        "members": len(alone),
        "documents": len(text.lengths),
        "tokens": text.n_predictions,
        "bytes": n_bytes,
        "vocab_size": ensemble.config.vocab_size,
        "nats_per_token": nats,
        "member_nats_per_token": alone,
        "perplexity": perplexity(nats),
        "bits_per_byte": nats * text.n_predictions / log(2) / n_bytes,
        "bytes_per_token": n_bytes / text.n_predictions,
    }


def score_teacher(
    teacher: KeptTeacher, documents: Sequence[str], on_done: OnDone | None = None
) -> dict[str, Any]:
    """The scores of a teacher that was read back; see `scored`."""
    vocabulary, ensemble = teacher.vocabulary, teacher.ensemble
    tokens = vocabulary.encode_all(list(documents))
    text = Text.of(tokens, vocabulary.end_of_text, ensemble.device)
    return scored(ensemble, text, sum(len(d.encode()) for d in documents), on_done)
