"""The talk as a driver: who is heard when, and what it remembers."""

from collections.abc import Sequence
from multiprocessing import get_context

import numpy as np

from realsam.arrays import I64
from realsam.chat.talk import Far, Place, Talk
from realsam.ir import Host, Sampler
from realsam.ir.sampler import PENALTY_WINDOW
from tests import tiny

LIKELIEST = Sampler(temperature=0)


def voting_host() -> Host:
    """Four tokens; a readout voltage of 64 at neuron i votes for token i; token 0 ends."""
    return tiny.host(readout=4, decode=np.eye(4) * 9, bias=np.zeros(4))


def vote(token: int) -> I64:
    """Readout voltages that elect a token."""
    return np.eye(4, dtype=np.int64)[token] * 64


class Partner:
    """Says prepared messages and lets answers have so many tokens."""

    def __init__(self, *messages: Sequence[int], n_tokens: int = 2) -> None:
        self._messages = list(messages)
        self._n_tokens = n_tokens
        self.answers: list[list[int]] = []
        self.places: list[Place] = []
        self.talk: Talk | None = None

    def listen(self) -> Sequence[int] | None:
        """The next message."""
        assert self.talk is not None
        self.places.append(self.talk.place)
        self.answers.append([])
        return self._messages.pop(0) if self._messages else None

    def say(self, token: int) -> bool:
        """Take a token of the answer."""
        self.answers[-1].append(token)
        return token != 0 and len(self.answers[-1]) < self._n_tokens

    def begin(self, place: Place | None = None, sampler: Sampler = LIKELIEST) -> Talk:
        """A talk with this partner."""
        self.talk = Talk(voting_host(), place or Place(), sampler, self.listen, self.say)
        return self.talk


def played(talk: Talk, votes: Sequence[int]) -> list[int]:
    """The tokens that are fed while the network votes in turn."""
    fed = []
    for token in votes:
        if (row := talk.spikes()) is None:
            break
        fed.append(int(row @ [1, 2]))
        talk.take(vote(token))
    return fed


def test_everything_that_is_said_is_heard() -> None:
    """The end of text, then messages and answers in turn; votes in between do not count."""
    partner = Partner([1, 1], [2])

    fed = played(partner.begin(), [3, 3, 3, 2, 1, 3, 2, 1, 1])

    assert fed == [0, 1, 1, 3, 2, 2, 3, 2]
    assert partner.answers == [[3, 2], [3, 2], []]


def test_it_listens_when_the_last_token_was_heard() -> None:
    """So the state of the network is that after all that was said."""
    partner = Partner([1], [2])

    played(partner.begin(), [3] * 9)

    assert [place.position for place in partner.places] == [1, 4, 7]
    assert partner.places[1].tail == (0, 1, 3, 3)


def test_end_of_text_ends_the_answer_and_is_not_heard() -> None:
    """It would end the document that the talk is."""
    partner = Partner([1], [2], n_tokens=9)

    fed = played(partner.begin(), [3, 0, 3, 0])

    assert fed == [0, 1, 2, 3]
    assert partner.answers == [[0], [3, 0]]


def test_place_goes_on_where_it_was_taken() -> None:
    """Position and tail decide what is sampled."""
    sampler = Sampler(1.0, 0, 7, repetition_penalty=1.5)
    whole = Partner([1, 2], [2], n_tokens=6)
    played(whole.begin(sampler=sampler), [1] * 30)
    second = Partner([2], n_tokens=6)

    played(second.begin(whole.places[1], sampler), [1] * 20)

    assert whole.answers[1] == second.answers[0]
    assert whole.places[2] == second.places[1]


def test_memory_does_not_grow() -> None:
    """The latest tokens only."""
    partner = Partner(*[[1]] * 50, n_tokens=9)

    played(partner.begin(), [3] * 1000)

    assert len(partner.places[-1].tail) == PENALTY_WINDOW
    assert partner.places[-1].position == 1 + 50 * 10


def test_temperature_may_change_between_answers() -> None:
    """The sampler is asked anew: here for what was never heard, instead of the likeliest."""
    partner = Partner([1], [1], n_tokens=1)
    talk = partner.begin()
    played(talk, [3, 3])

    talk.sampler = Sampler(0, repetition_penalty=100)
    played(talk, [3, 3])

    assert partner.answers[:2] == [[3], [2]]


def test_twin_feeds_what_the_talk_feeds() -> None:
    """In a process of its own; it chooses nothing, the talk follows with the voltages."""
    partner = Partner([1, 1], [2])
    talk = partner.begin()
    context = get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_feed, args=(talk.twin(), theirs))
    child.start()

    fed = []
    for token in [3, 3, 3, 2, 1, 3, 2, 1, 1]:
        if (row := talk.spikes()) is None:
            break
        heard = ours.recv()
        assert heard.tolist() == row.tolist()
        fed.append(int(row @ [1, 2]))
        talk.follow(vote(token), None)
    child.join(10)

    assert fed == [0, 1, 1, 3, 2, 2, 3, 2]
    assert child.exitcode == 0


def _feed(driver: Far, sender: object) -> None:
    while (row := driver.spikes()) is not None:
        sender.send(row)
        assert driver.take(vote(1)) is None
