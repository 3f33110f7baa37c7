"""Vocabulary: text to token ids and back, byte-level BPE with one end-of-text token.

Source: Sennrich et al. 2016 (BPE); the `tokenizers` library does the work.
"""

import codecs
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from tokenizers.pre_tokenizers import ByteLevel

from realsam.errors import BundleError, DataError, PromptError

END_OF_TEXT = "<|endoftext|>"
MIN_SIZE = 257  # 256 bytes and the end of text
MAX_SIZE = 1 << 20
MAX_PROMPT_TOKENS = 4096


class Word(NamedTuple):
    """What the tokenizer never joins with its neighbours, the space before it included."""

    tokens: tuple[int, ...]
    start: int  # in the text, in characters
    end: int  # behind the last one


class Vocabulary:
    """A byte-level BPE tokenizer; every text can be written in it."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        end = tokenizer.token_to_id(END_OF_TEXT)
        if end is None:
            raise BundleError(f"the tokenizer has no token {END_OF_TEXT}", "train it again")
        self.end_of_text: int = end
        self._bytes = {char: byte for byte, char in _byte_characters().items()}
        self._pieces: dict[int, bytes] = {}

    @property
    def size(self) -> int:
        """Number of tokens."""
        return int(self._tokenizer.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, no end-of-text token added."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def encode_all(self, texts: list[str]) -> list[list[int]]:
        """Token ids of many texts, on all cores."""
        return [list(e.ids) for e in self._tokenizer.encode_batch(texts, add_special_tokens=False)]

    def words(self, text: str) -> list[Word]:
        """The words of a text, whose tokens are those of `encode`."""
        found = self._tokenizer.encode(text, add_special_tokens=False)
        pieces = zip(found.word_ids, found.ids, found.offsets, strict=True)
        words = []
        for _, group in groupby(pieces, lambda piece: piece[0]):
            _, tokens, offsets = zip(*group, strict=True)
            words.append(Word(tokens, offsets[0][0], offsets[-1][1]))
        return words

    def piece(self, token: int) -> bytes:
        """The bytes that one token stands for; none for the end of text."""
        if (known := self._pieces.get(token)) is None:
            word = "" if token == self.end_of_text else self._tokenizer.id_to_token(token) or ""
            known = self._pieces[token] = bytes(self._bytes[char] for char in word)
        return known

    def decode(self, tokens: Iterable[int]) -> str:
        """Text of tokens; bytes that are no UTF-8 become U+FFFD."""
        return b"".join(self.piece(t) for t in tokens).decode("utf-8", errors="replace")

    def to_json(self) -> str:
        """The tokenizer in the format of the `tokenizers` library."""
        return str(self._tokenizer.to_str(pretty=True))

    @staticmethod
    def from_json(text: str, where: str) -> "Vocabulary":
        """Read `to_json` back.

        Raises:
            BundleError: if the text is no tokenizer.
        """
        try:
            return Vocabulary(Tokenizer.from_str(text))
        except Exception as error:  # the library raises bare Exception
            raise BundleError(
                f"{where}: not a readable tokenizer ({error})", "export the bundle again"
            ) from error

    @staticmethod
    def train(texts: Iterable[str], size: int, progress: bool = False) -> "Vocabulary":
        """Learn a vocabulary of `size` tokens from texts.

        Raises:
            DataError: if size is too small for the bytes.
        """
        if size < MIN_SIZE:
            raise DataError(
                f"vocabulary size {size} is below {MIN_SIZE}",
                f"use at least {MIN_SIZE}: 256 bytes and the end of text",
            )
        if size > MAX_SIZE:
            raise DataError(f"vocabulary size {size} is above {MAX_SIZE}", "use a smaller one")
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=[END_OF_TEXT],
            initial_alphabet=ByteLevel.alphabet(),
            show_progress=progress,
        )
        tokenizer.train_from_iterator(texts, trainer)
        return Vocabulary(tokenizer)


class Stops:
    """Texts that end a text, looked for in bytes: a token may hold more than the end of one.

    Raises:
        PromptError: if one is empty or not UTF-8.
    """

    def __init__(self, vocabulary: Vocabulary, texts: Sequence[str]) -> None:
        if "" in texts:
            raise PromptError("a stop text is empty", "give it characters, or leave it out")
        self._vocabulary = vocabulary
        self._stops = [_utf8("the stop text", text) for text in texts]
        self._longest = max(map(len, self._stops), default=0)

    def __call__(self, tokens: Sequence[int]) -> bool:
        """Whether the last of these tokens ends a stop, or holds the end of one."""
        # Every token has a byte at least, but for the end of a text.
        latest = b"".join(map(self._vocabulary.piece, tokens[-self._longest :]))
        return len(self.cut(latest)) < len(latest)

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens before the first stop; bytes that are no UTF-8 become U+FFFD."""
        whole = b"".join(map(self._vocabulary.piece, tokens))
        return self.cut(whole).decode("utf-8", errors="replace")

    def cut(self, text: bytes) -> bytes:
        """What comes before the first stop."""
        places = [at for stop in self._stops if (at := text.find(stop)) >= 0]
        return text[: min(places, default=len(text))]

    def clear(self, text: bytes) -> bytes:
        """What comes before the first stop, or before what may be the beginning of one."""
        for at in range(len(text)):
            rest = text[at:]
            if any(stop.startswith(rest) or rest.startswith(stop) for stop in self._stops):
                return text[:at]
        return text


class TextStream:
    """Decodes tokens as they come, holding back the bytes of an unfinished character or stop."""

    def __init__(self, vocabulary: Vocabulary, stops: Stops | None = None) -> None:
        self._vocabulary = vocabulary
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._stops = stops or Stops(vocabulary, ())
        self._held = b""

    def add(self, token: int) -> str:
        """The characters that this token completes."""
        self._held += self._vocabulary.piece(token)
        clear = self._stops.clear(self._held)
        self._held = self._held[len(clear) :]
        return self._decoder.decode(clear)

    def end(self) -> str:
        """What is left over before a stop: U+FFFD if the text ends inside a character."""
        return self._decoder.decode(self._stops.cut(self._held), final=True)


def prompt_tokens(vocabulary: Vocabulary, prompt: str) -> list[int]:
    """A prompt as the start of a document: the end of text first.

    Raises:
        PromptError: if it is empty, not UTF-8, or longer than MAX_PROMPT_TOKENS.
    """
    if not prompt.strip():
        raise PromptError("the prompt is empty", 'give some text, as in --prompt "Once upon"')
    return [vocabulary.end_of_text, *given_tokens(vocabulary, prompt, "the prompt")]


def given_tokens(vocabulary: Vocabulary, text: str, what: str) -> list[int]:
    """Tokens of a text that a person gave, which `what` calls by its name.

    Raises:
        PromptError: if it is not UTF-8, ends a text, or has MAX_PROMPT_TOKENS or more.
    """
    _utf8(what, text)
    if END_OF_TEXT in text:
        raise PromptError(f"{what} contains {END_OF_TEXT}", "leave it out: it ends a text")
    tokens = vocabulary.encode(text)
    if len(tokens) >= MAX_PROMPT_TOKENS:  # the end of text before it is one more
        raise PromptError(
            f"{what} has {len(tokens) + 1} tokens, more than {MAX_PROMPT_TOKENS}", "shorten it"
        )
    return tokens


def _utf8(what: str, text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise PromptError(
            f"{what} is not UTF-8 at character {error.start}",
            "set the terminal to UTF-8 or retype it",
        ) from error


def load_vocabulary(path: Path) -> Vocabulary:
    """Read a tokenizer file.

    Raises:
        BundleError: if it is missing or damaged.
    """
    try:
        return Vocabulary.from_json(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path}: not readable ({error})", "export the bundle again") from error


def _byte_characters() -> dict[int, str]:
    """The printable character that byte-level BPE writes for each byte (GPT-2's table)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    table = {byte: chr(byte) for byte in plain}
    return table | {byte: chr(256 + i) for i, byte in enumerate(others)}
