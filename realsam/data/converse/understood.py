"""Whether a speech can be understood without its story, once it calls nobody by name."""

import re

from realsam.data.converse.lexicon import SOMEBODY, nouns, words

_LONGEST = 30  # words of a speech
_FIRST = re.compile(r"^(\w+)[,!] ")
_CALLED = re.compile(r", (?:my )?(\w+)(?=[,.!?])")
_HAILED = re.compile(
    r"^(Hi|Hello|Hey|Bye|Goodbye|Thanks|Thank you|Yes|No|Oh|Sorry|Wow|Please|Good night|"
    r"Good morning) (\w+)\b"
)
_ANY_NAME = re.compile(r"\b[A-Z][a-z]+\b")
_PERSONS = re.compile(r"\b(?:(he|she|him|his|her|hers)|(they|them|their|theirs))\b", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+")
# Dots, dashes, quotes within, marks side by side, "me, Here".
_BROKEN = re.compile(
    r"\.\.|--| - |^\W|[^.!?]$|[^\x20-\x7e]|[\":;*_()\[\]/]|(?<!\w)'|[,.!?] ?[,.]|, [A-Z](?![ '])"
)
# Somebody answers so; nobody begins a talk with it.
_ANSWERS = re.compile(
    r"(?:Yes|No|But|And|Or|So|Maybe|OK|Okay|Ok|Alright|Sure|Because|Me too|That|It|Yeah|"
    r"Of course|Well|Then|Really|Hmm|Oh, I see|I see|I don't know|I understand|I promise|Let me go|"
    r"Let go|You're welcome|You are welcome|Don't worry|I told you|"
    r"Good (?!morning|night))\b"
)
# Sam is nobody in a story: small talk says who he is.
_WHO = re.compile(
    r"\b(?:who are you|your name|my name|how old are you|where do you live|where do you come from|"
    r"are you an?)\b",
    re.IGNORECASE,
)
# "Hello, fine melon!" and the like: a greeting of somebody without a name.
_GREETED = re.compile(
    r"^(?:Hi|Hello|Hey|Bye|Goodbye|Good morning|Thanks|Thank you),? "
    r"(?!(?:i|it|it's|my|we|you|nice|come|let's|look|how|there|again|that|this|for|so|very)\b)"
    r"(?:[a-z]+ ){0,2}[a-z]+[.!,]"
)
# Whom somebody speaks to, if not by name: "Hello, little bird!"
_CALLED_NOUN = re.compile(r", (?:(?:my|little|big|old|silly|nice|kind|magic|mr|mrs) )*(\w+)[,.!?]")


def begins(text: str) -> bool:
    """Whether somebody may begin a talk with it."""
    return not _ANSWERS.match(text)


class Understanding:
    """Reads the speeches of a story."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names | words("parents")

    def __call__(self, text: str, before: str) -> str:
        """The speech without those whom it calls; "" if it needs its story.

        Args:
            text: of the speech.
            before: what was said in the talk so far.
        """
        text = re.sub(r",$", ".", text)
        text = _FIRST.sub(lambda found: self._without(found, ""), text)
        text = _HAILED.sub(lambda found: self._without(found, found[1]), text)
        text = _CALLED.sub(lambda found: self._without(found, ""), text)
        text = text[:1].upper() + text[1:]
        return text if self._understood(text, before) else ""

    def _without(self, found: re.Match[str], rest: str) -> str:
        called = found[found.lastindex or 0]
        return rest if called in self._names or _is_dear(called.lower()) else found[0]

    def _understood(self, text: str, before: str) -> bool:
        if not 1 < len(text.split()) <= _LONGEST or _BROKEN.search(text) or _WHO.search(text):
            return False
        if any(name in self._names for name in _ANY_NAME.findall(text)):
            return False
        if _GREETED.match(text) or any(
            nouns().get(found[1]) for found in _CALLED_NOUN.finditer(text.lower())
        ):
            return False
        told = f"{before} {text}".lower()
        return all(
            _is_told(told[: len(before) + 1 + found.start()], bool(found[2]))
            for found in _PERSONS.finditer(text)
        )


def _is_dear(word: str) -> bool:
    return word in words("dears") or word.capitalize() in words("parents")


def _is_told(told: str, several: bool) -> bool:
    """Whether somebody has been named whom "he" or "they" can mean."""
    known = nouns()
    said = _WORD.findall(told)
    if several:
        return any(word.endswith("s") and word[:-1] in known for word in said)
    return any(known.get(word) == SOMEBODY or _is_dear(word) for word in said)
