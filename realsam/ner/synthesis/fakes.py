"""Invented personal data of many countries, by kind of entity.

Names, places, companies and numbers come from the library Faker; `values.json` says how they are
put together. It is a grammar: each rule has forms, one of which is drawn, and a <name> in a form
is another rule, or a method of Faker for the country that was drawn. A word may stand before it:

    <english:NAME>  Faker's NAME, American whatever the country
    <capital:NAME>  the same with a capital
    <fours:NAME>    Faker's NAME in groups of four

Rules in capitals are kinds; a form that stands there twice comes twice as often.
"""

import json
import random
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from faker import Faker
from faker.providers.date_time import Provider as DateTimes

_LOCALES = (
    *("en_US", "en_GB", "en_AU", "en_NZ", "en_CA", "en_IE", "de_DE", "de_AT", "de_CH", "fr_FR"),
    *("fr_CH", "it_IT", "es_ES", "es_MX", "pt_PT", "pt_BR", "nl_NL", "nl_BE", "da_DK", "no_NO"),
    *("sv_SE", "fi_FI", "pl_PL", "cs_CZ", "sk_SK", "sl_SI", "hr_HR", "hu_HU", "et_EE", "lt_LT"),
    *("ro_RO", "tr_TR"),
)
_AMERICAN = 0.3  # of the values
_UPPER = {"GPE": 0.14}  # of the values of a kind; towns are written so on envelopes
_UPPER_ELSE, _LOWER = 0.02, 0.04  # of those of the others, and of all
_RULES = json.loads(Path(__file__).with_name("values.json").read_text(encoding="utf-8"))
_PART = re.compile(r"<(?:(\w+):)?(\w+)>")


_NOW = datetime(2026, 1, 1)  # the end of all dates


class _Dates(DateTimes):
    """Dates that end on a fixed day: Faker's own end now, and a seed would give others later."""

    def unix_time(self, end_datetime: Any = None, start_datetime: Any = None) -> float:
        """See Faker."""
        return super().unix_time(end_datetime or _NOW, start_datetime)


class Fakes:
    """Draws values; a seed gives one row of them for one version of Faker."""

    kinds = tuple(name for name in _RULES if name.isupper())

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._fakers = [Faker(locale) for locale in _LOCALES]
        for number, faker in enumerate(self._fakers):
            faker.seed_instance(seed * len(_LOCALES) + number)
        self._fakers[0].add_provider(_Dates)

    def value(self, kind: str) -> str:
        """A new value of one of `kinds`, with no white space around it."""
        american = self._random.random() < _AMERICAN
        faker = self._fakers[0] if american else self._random.choice(self._fakers)
        value, draw = self._drawn(kind, faker).strip(), self._random.random()
        upper = _UPPER.get(kind, _UPPER_ELSE)
        if draw < upper:
            return value.upper()
        return value.lower() if draw < upper + _LOWER else value

    def _drawn(self, rule: str, faker: Faker) -> str:
        form = self._random.choice(_RULES[rule])
        return _PART.sub(lambda part: self._part(part[1], part[2], faker), form)

    def _part(self, how: str | None, name: str, faker: Faker) -> str:
        if name in _RULES:
            return self._drawn(name, faker)
        source = self._fakers[0] if how in ("english", "capital") else faker
        value = str(source.format(name)).replace("\n", " ")
        if how == "capital":
            return value.capitalize()
        if how == "fours":
            return " ".join(value[i : i + 4] for i in range(0, len(value), 4))
        return value
