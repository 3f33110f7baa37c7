"""Texts to templates for `realsam ner templates`, in two passes that hold no text.

The first counts capitals, the second makes templates of sentences.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from realsam.console import stages
from realsam.data.conversation import USER, parse
from realsam.data.gather import gather
from realsam.data.source import Reading, Source
from realsam.errors import BackendUnavailableError, DataError

_MB = 1_000_000


class Harvested(NamedTuple):
    """What texts gave."""

    n_sentences: int
    templates: dict[str, list[str]]  # by kind
    left_out: Counter[str]  # documents that could not be used, by reason


def harvested(texts: Sequence[Path], most: int, seed: int) -> Harvested:
    """Read texts twice, and make templates of their sentences.

    Args:
        texts: files and folders.
        most: templates at most.
        seed: of what is drawn.

    Raises:
        BackendUnavailableError: if Faker is not installed.
        DataError: if a text cannot be read or used, or no sentence of them is a template.
    """
    if find_spec("faker") is None:
        raise BackendUnavailableError(
            "known names need Faker",
            "install the extra `data`: pip install -c constraints.txt -e '.[data]'",
        )
    from realsam.ner.synthesis.capitals import Capitals
    from realsam.ner.synthesis.harvest import Harvest, sentences
    from realsam.ner.synthesis.spread import Spread

    sources, validating = gather(texts, (), None)
    if not sources:
        raise DataError(
            f"{validating[0].path}: is the validation text of a download", "name its other files"
        )
    for source in sources:
        if source.path.exists() and not source.path.is_file():
            raise DataError(f"{source.path}: is no regular file", "it is read twice: name a file")
    capitals, spread, n_sentences = Capitals(), Spread(most, seed), 0
    left_out: Counter[str] = Counter()
    with stages() as show:
        for text in _documents(sources, "counting capitals", show, left_out):
            capitals.add(text)
        harvest = Harvest(capitals, seed)
        for text in _documents(sources, "finding names", show, Counter()):
            for sentence in sentences(text):
                n_sentences += 1
                if template := harvest.template(sentence):
                    spread.add(template)
    chosen = spread.chosen()
    if not any(chosen.values()):
        raise DataError(
            f"{texts[0]}: no template in its {n_sentences:,} sentences",
            "give more prose: which words are names shows in many sentences alone",
        )
    return Harvested(n_sentences, chosen, left_out)


def _documents(
    sources: Sequence[Source],
    label: str,
    show: Callable[[str, int, int], None],
    left_out: Counter[str],
) -> Iterator[str]:
    """The documents of all sources, without the names of who speaks in them; counts the rest."""
    total = sum(source.path.stat().st_size for source in sources if source.path.exists())
    done = 0

    def on_read(n: int) -> None:
        nonlocal done
        done += n
        show(f"{label}, MB", done // _MB, max(1, total // _MB))

    for source in sources:
        reading = Reading(source, "", on_read)
        for entry in reading:
            reading.tally.kept += 1
            turns = parse(entry.text) if entry.text.startswith(f"{USER}:") else []
            yield "\n".join(turn.text for turn in turns) or entry.text
        reading.refuse_unused()
        left_out.update(reading.tally.rejected)
