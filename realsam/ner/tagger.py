"""The host of a tagger: text to input spikes, readout voltages to spans.

The chip reads a text token by token and says the tags of a token `delay` tokens later, so that it
may look that far ahead; line feeds follow the text until the last tag is out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from realsam.arrays import I64
from realsam.ir import Driver, Host, Replay, Run
from realsam.ner.corpus import Span
from realsam.ner.tags import best_tags, spans, word_scores
from realsam.vocab import Vocabulary, Word

Play = Callable[[Driver], Run]  # runs the network of the tagger over one text, from reset


def fed(vocabulary: Vocabulary, words: Sequence[Word], delay: int) -> list[int]:
    """The tokens of a text as the network gets them; the tags of the k-th come at 1 + delay + k."""
    after = vocabulary.encode("\n") * delay
    return [vocabulary.end_of_text, *(t for word in words for t in word.tokens), *after]


@dataclass(frozen=True, eq=False)
class Tagger:
    """Finds the entities of texts."""

    host: Host
    vocabulary: Vocabulary
    play: Play

    def spans(self, text: str) -> list[Span]:
        """The entities of a text, which starts from reset."""
        words = self.vocabulary.words(text)
        tokens = fed(self.vocabulary, words, self.host.delay)
        if len(tokens) == 1 + self.host.delay:
            return []
        run = self.play(Replay(self.host.code[tokens]))
        logits: I64 = np.array([self.host.logits(v) for v in run.voltage[1 + self.host.delay :]])
        return spans(text, words, best_tags(word_scores(logits, words), self.host.tags))
