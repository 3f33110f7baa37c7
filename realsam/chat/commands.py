"""The commands of a talk: lines that begin with a slash."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realsam.chat.saved import load, save
from realsam.errors import PromptError

if TYPE_CHECKING:
    from realsam.chat.session import Session

Values = dict[str, Any]  # what a command has to tell


def obey(session: "Session", line: str) -> None:
    """Do what a line says, and show what came of it.

    Raises:
        PromptError: if there is no such command, or it cannot use its argument.
        RunError: if a talk cannot be kept, or cannot go on here.
    """
    name, _, argument = line.strip().partition(" ")
    if name not in _COMMANDS:
        raise PromptError(f"{name} is no command", f"use one of {', '.join(_COMMANDS)}")
    command, _ = _COMMANDS[name]
    session.screen.tell(name, command(session, argument.strip()))


def _reset(session: "Session", _: str) -> Values:
    session.begin(session.talk.sampler)
    return {"tokens": 0}


def _temp(session: "Session", argument: str) -> Values:
    try:
        temperature = float(argument)
    except ValueError:
        raise PromptError(f"temperature = {argument!r} is no number", "try /temp 0.7") from None
    session.talk.sampler = replace(session.talk.sampler, temperature=temperature)
    return {"temperature": temperature}


def _stats(session: "Session", _: str) -> Values:
    seen = session.activity
    rates = dict(zip(seen.names, seen.means.tolist(), strict=True))
    return {
        "backend": session.setting.backend,
        "turns": session.n_turns,
        "tokens": session.talk.place.position,
        "firing_rates": rates,
        "energy_uj_per_token": seen.energy_pj / max(1, seen.n_tokens) / 1e6,
        "energy_is": f"estimated, {seen.table}",
    }


def _live(session: "Session", _: str) -> Values:
    return {"live": session.screen.toggle_live()}


def _save(session: "Session", argument: str) -> Values:
    path = _file("/save", argument)
    save(session.saved(), path)
    return {"saved": str(path), "tokens": session.talk.place.position}


def _load(session: "Session", argument: str) -> Values:
    path = _file("/load", argument)
    saved = load(path)
    session.begin(saved.sampler, saved)
    latest = session.setting.vocabulary.decode(saved.place.tail)
    return {"loaded": str(path), "tokens": saved.place.position, "latest": latest}


def _help(_session: "Session", _: str) -> Values:
    return {name: text for name, (_, text) in _COMMANDS.items()}


def _quit(session: "Session", _: str) -> Values:
    session.end()
    return {}


def _file(command: str, argument: str) -> Path:
    if not argument or "\0" in argument:
        raise PromptError(f"{command} names no file", f"try {command} talk.safetensors")
    try:
        return Path(argument).expanduser()
    except RuntimeError:  # nobody has that home
        return Path(argument)


_COMMANDS: dict[str, tuple[Callable[["Session", str], Values], str]] = {
    "/reset": (_reset, "forget everything: the network is at rest again"),
    "/temp": (_temp, "X: the temperature of the next answers, 0..100"),
    "/stats": (_stats, "tokens, and who fires"),
    "/live": (_live, "who fires while an answer comes, on or off"),
    "/save": (_save, "FILE: keep the talk, the whole state of the network"),
    "/load": (_load, "FILE: go on with a talk that was kept"),
    "/help": (_help, "these lines"),
    "/quit": (_quit, "end, as Ctrl-D does"),
}
