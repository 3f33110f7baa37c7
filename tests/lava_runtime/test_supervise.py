"""Failures end as errors within seconds, leave nothing behind, and the next run works."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing import Pipe
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from lava_runtime import backend
from realsam.arrays import U8
from realsam.errors import BackendFailedError, CurrentOverflowError, MismatchError
from realsam.ir import Input, Network, Projection, Replay, readout, to_network
from sim import reference
from tests import strategies

pytestmark = pytest.mark.lava
SECONDS = 5.0  # within which a failure must have ended the run
ENDLESS = 10**6


def network() -> Network:
    """A small layered network."""
    return to_network(strategies.token_clock(np.random.default_rng(0)))


def silence(tokens: int) -> U8:
    """Input without spikes."""
    return np.zeros((tokens, network().input.size), np.uint8)


class Sabotage(Replay):
    """Replays, but only inside Lava does something else at the third token."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__(silence(ENDLESS))
        self._act = act
        self._home = os.getpid()
        self._fed = 0

    def spikes(self) -> U8 | None:
        """See Driver."""
        self._fed += 1
        if self._fed == 3 and os.getpid() != self._home:
            self._act()
        return super().spikes()


def fail() -> None:
    """Raise what a library would."""
    raise ValueError("out of\ncheese")


def refuse() -> None:
    """Raise one of our errors, of several arguments."""
    raise CurrentOverflowError("layer1[2]", 9_000_000, 17)


def die() -> None:
    """Disappear as if memory had run out."""
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("mode", backend.MODES)
@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (fail, BackendFailedError, r"failed with ValueError: out of cheese$"),
        (refuse, CurrentOverflowError, r"^layer1\[2\]: current u = 9000000 at timestep 17 "),
        (die, BackendFailedError, r"^Lava: process 0 \(\w+\) died with exit code -9"),
    ],
)
def test_failing_child_is_an_error(
    mode: str, act: Callable[[], None], error: type[Exception], message: str
) -> None:
    """The cause comes out in one line, and a run after it gives the right bits."""
    begin = time.monotonic()

    with pytest.raises(error, match=message):
        backend.run(network(), Sabotage(act), mode)

    assert time.monotonic() - begin < SECONDS
    expected = reference.run(network(), Replay(silence(3)))
    assert expected.digests() == backend.run(network(), Replay(silence(3)), mode).digests()


def test_killed_neighbour_is_an_error_and_leaves_nothing() -> None:
    """A stock process killed from outside: named, and every child is gone."""
    from lava_runtime.build import build
    from lava_runtime.supervise import supervised

    messages, sender = Pipe(duplex=False)
    process, config = build(network(), Replay(silence(ENDLESS)), sender, "graph", strict=False)

    with messages, sender, supervised(process, config, messages) as session:
        pids = session.pids
        session.start(ENDLESS)
        session.receive()
        os.kill(pids[2], signal.SIGTERM)
        with pytest.raises(
            BackendFailedError, match=r"process 2 \(layer2\) died with exit code -15"
        ):
            receive_all(session)

    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def receive_all(session: Any) -> None:
    """Receive until it fails."""
    while True:
        session.receive()


class Forger(Sabotage):
    """Feeds other tokens inside Lava than outside."""

    def spikes(self) -> U8 | None:
        """See Driver."""
        row = super().spikes()
        return row if os.getpid() == self._home else np.ones_like(row)


class Deserter(Sabotage):
    """Ends outside while it goes on inside Lava."""

    def spikes(self) -> U8 | None:
        """See Driver."""
        row = super().spikes()
        return None if os.getpid() == self._home and self._fed > 2 else row


@pytest.mark.parametrize("mode", backend.MODES)
@pytest.mark.parametrize(("kind", "message"), [(Forger, "another token"), (Deserter, "went on")])
def test_parting_drivers_are_an_error(kind: type[Sabotage], message: str, mode: str) -> None:
    """A driver that behaves differently inside Lava than outside is found out."""
    with pytest.raises(MismatchError, match=message):
        backend.run(network(), kind(lambda: None), mode)


def overflowing() -> Network:
    """Two sources of 33 000 << 6 would pass 2**23; the weight exponent gets there with few."""
    weight = np.full((1, 2), 254, np.int16)
    projection = Projection("out", ("in",), weight, np.zeros(2, np.int64), weight_exp=7)
    heavy = [projection] * 3
    return Network(Input("in", 2), (readout("out", 1),), tuple(heavy), "out", 3, 1)


@pytest.mark.parametrize("mode", backend.MODES)
def test_strict_mode_refuses_to_wrap(mode: str) -> None:
    """An overflow is the reference's error, with neuron, value and timestep."""
    spikes = np.ones((2, 2), np.uint8)
    with pytest.raises(CurrentOverflowError) as expected:
        reference.run(overflowing(), Replay(spikes), strict=True)

    with pytest.raises(CurrentOverflowError) as raised:
        backend.run(overflowing(), Replay(spikes), mode, strict=True)

    assert str(expected.value) == str(raised.value)
    assert backend.run(overflowing(), Replay(spikes), mode).n_tokens == 2


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_interpreter_leaves_no_process(number: signal.Signals) -> None:
    """Ctrl-C to the whole group ends clean; even a killed interpreter leaves nobody."""
    program = dedent("""
        import signal
        import numpy as np
        from lava_runtime import backend
        from realsam.ir import Input, Network, Projection, Replay, readout

        class Telling(Replay):
            def take(self, voltage):
                print("token", flush=True)

        signal.signal(signal.SIGINT, signal.default_int_handler)
        one = np.ones((1, 1), np.int64)
        projection = Projection("out", ("in",), 2 * one, one[0])
        network = Network(Input("in", 1), (readout("out", 1),), (projection,), "out")
        try:
            backend.run(network, Telling(np.zeros((10**6, 1), np.uint8)), "graph")
        except KeyboardInterrupt:
            print("interrupted")
    """)
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", program], cwd=root, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "token\n"

    (os.killpg if number == signal.SIGINT else os.kill)(child.pid, number)
    out, err = child.communicate(timeout=SECONDS)

    if number == signal.SIGINT:
        assert err == ""
        assert out.endswith("interrupted\n")
    deadline = time.monotonic() + SECONDS
    while (left := session_members(child.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def session_members(session: int) -> list[int]:
    """Processes of a session that are not zombies."""
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, sid = stat.read_text().rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(sid) == session and state != "Z":
            members.append(int(stat.parent.name))
    return members
