"""A choice among templates in which no kind of slot drowns the others."""

from collections.abc import Mapping
from hashlib import blake2b
from heapq import heappush, heappushpop

from realsam.ner.synthesis.fill import slots

NO_SLOT = "none"
# A template is of the first of these kinds that it has.
_RARE = ("ORGANIZATION", "TITLE", "AGE", "DATE_TIME", "NRP", "GPE")
_KINDS = (*_RARE, "PERSON", NO_SLOT)
_TWELFTHS = {"rare": 5, "PERSON": 4, NO_SLOT: 3}


class Spread:
    """Holds at most `most` templates of each kind while they come; then gives `most` of all.

    A template is of its rarest kind, in the order ORGANIZATION, TITLE, AGE, DATE_TIME, NRP, GPE,
    PERSON. Of those that are given a third are of PERSON, a quarter have no slot, and the others
    are of the rarer kinds in equal parts; what is left where there are fewer goes to the rest of
    the rarer ones first, then to those two in proportion. Which ones, a hash of template and seed
    says: neither their order nor how often each comes matters.
    """

    def __init__(self, most: int, seed: int) -> None:
        self._most, self._seed = most, seed
        # By kind: the templates of the least ranks, behind the negative of their rank.
        self._held: dict[str, list[tuple[int, str]]] = {kind: [] for kind in _KINDS}
        self._ranks: set[int] = set()  # of those that are held; 64 bits stand for a template

    def add(self, template: str) -> None:
        """Take a template in, unless it was there but for its capitals."""
        key = f"{self._seed} {template.casefold()}".encode()
        rank = int.from_bytes(blake2b(key, digest_size=8).digest(), "big")
        if rank in self._ranks:
            return
        held, item = self._held[_kind(template)], (-rank, template)
        self._ranks.add(rank)
        if len(held) < self._most:
            heappush(held, item)
        else:
            self._ranks.discard(-heappushpop(held, item)[0])

    def chosen(self) -> dict[str, list[str]]:
        """The templates by their kind; in no order of the text."""
        n = {kind: len(held) for kind, held in self._held.items()}
        total = {kind: n[kind] for kind in ("PERSON", NO_SLOT)}
        total["rare"] = sum(n[kind] for kind in _RARE)
        parts = _divided(self._most, total, _TWELFTHS)
        parts |= _divided(parts.pop("rare"), {k: n[k] for k in _RARE}, dict.fromkeys(_RARE, 1))
        best = {kind: sorted(held, reverse=True) for kind, held in self._held.items()}
        return {kind: [text for _, text in best[kind][: parts[kind]]] for kind in _KINDS}


def _kind(template: str) -> str:
    found = slots(template)
    return next((kind for kind in _KINDS if kind in found), NO_SLOT)


def _divided(room: int, there: Mapping[str, int], weights: Mapping[str, int]) -> dict[str, int]:
    """Room by weight; what one cannot fill is the others'."""
    parts, left = {}, sum(weights.values())
    for name in sorted(there, key=lambda name: there[name] / weights[name]):
        parts[name] = min(there[name], room * weights[name] // left)
        room, left = room - parts[name], left - weights[name]
    return parts
