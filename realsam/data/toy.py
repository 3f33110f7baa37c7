"""The toy corpus: little stories from a grammar, so that everything runs offline.

A seed gives one corpus, on every machine.
"""

import random

_HEROES = ("Ann", "Ben", "Mia", "Tom", "Zoe", "Max", "Lily", "Sam")
_BEASTS = ("cat", "dog", "bird", "fox", "frog", "mouse", "bear", "duck")
_THINGS = ("ball", "hat", "drum", "kite", "boat", "book", "cake", "lamp")
_COLOURS = ("red", "blue", "green", "small", "big", "shiny", "old", "soft")
_PLACES = ("park", "garden", "forest", "river", "house", "school", "hill", "farm")
_FEELINGS = ("happy", "glad", "proud", "calm")
_WORRIES = ("sad", "shy", "tired", "scared")
_OPENINGS = (
    "Once upon a time, there was a {beast} named {hero}.",
    "One day, {hero} the {beast} went to the {place}.",
    "{hero} was a {colour} {beast} who lived near the {place}.",
)
_TROUBLES = (
    "{hero} lost a {colour} {thing} and was very {worry}.",
    "{hero} saw a {colour} {thing} in the {place}, but could not reach it.",
    "It started to rain, and the {colour} {thing} got wet. {hero} felt {worry}.",
)
_HELPS = (
    'A kind {friend} came and said, "Do not be {worry}. I can help you."',
    'Then a {friend} asked, "Why are you so {worry}?" {hero} told the {friend} everything.',
    "{hero} called a {friend}, and they looked for the {thing} together.",
)
_ENDINGS = (
    "In the end, {hero} was {feeling}, and they played until the sun went down.",
    "They found the {thing} and shared it. {hero} and the {friend} were {feeling}.",
    '"Thank you," said {hero}. From that day on, {hero} and the {friend} were best friends.',
)


def toy_documents(n_documents: int, seed: int = 0) -> list[str]:
    """Write n_documents stories of four sentences or more."""
    draw = random.Random(seed)
    return [_story(draw) for _ in range(n_documents)]


def _story(draw: random.Random) -> str:
    beast, friend = draw.sample(_BEASTS, 2)
    words = {"hero": draw.choice(_HEROES), "beast": beast, "friend": friend}
    for name, choices in (
        ("thing", _THINGS),
        ("colour", _COLOURS),
        ("place", _PLACES),
        ("feeling", _FEELINGS),
        ("worry", _WORRIES),
    ):
        words[name] = draw.choice(choices)
    parts = [draw.choice(options) for options in (_OPENINGS, _TROUBLES, _HELPS, _ENDINGS)]
    return " ".join(parts).format(**words)
