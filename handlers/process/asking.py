"""Carries a command to the running bot, or does without it where that is possible."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TextIO, assert_never

from handlers.http.answers import Answer, Outcome
from handlers.http.control_client import BotNotAnswering, BotNotRunning, ControlClient
from handlers.process.commands import (
    Asking,
    Backup,
    Halt,
    LogLines,
    Reload,
    Resume,
    Status,
)
from handlers.process.exit_codes import ExitCode

_CODES = {
    Outcome.DONE: ExitCode.DONE,
    Outcome.FAILED: ExitCode.FAILED,
    Outcome.REFUSED: ExitCode.REFUSED,
}


class OfflineDesk(Protocol):
    """What can be done with the state directory while no bot owns it; it takes the lock first."""

    async def halt(self, *, by: str) -> Answer:
        """Leave word that the next start must not trade."""
        ...

    async def resume(self, *, by: str) -> Answer:
        """Let the next start trade."""
        ...

    async def backup(self, *, path: Path) -> Answer:
        """Write a copy of the database."""
        ...


async def ask(
    command: Asking,
    *,
    client: ControlClient,
    offline: OfflineDesk,
    confirm: Callable[[str], bool],
    by: str,
) -> Answer:
    """Return the bot's answer, or do without the bot when none runs.

    A bot that holds its socket and is silent is never gone around, except by halt, which leaves
    word on the disk.
    """
    is_open = isinstance(command, Resume) and not command.is_confirmed
    if is_open and not confirm("Trade again?"):
        return Answer(outcome=Outcome.REFUSED, message="not confirmed; nothing was changed")
    try:
        return await _ask_bot(command, client)
    except BotNotRunning as absent:
        return await _without_bot(command, offline, by, str(absent))
    except BotNotAnswering as silent:
        if isinstance(command, Halt):
            answer = await offline.halt(by=by)
            return Answer(
                outcome=answer.outcome,
                message=f"{silent}. {answer.message}",
                details=answer.details,
            )
        return Answer(outcome=Outcome.FAILED, message=str(silent))


def conclude(answer: Answer, *, is_json: bool, out: TextIO) -> ExitCode:
    """Write the answer for a person or a program and return the exit code that says the same."""
    if is_json:
        body = {
            "outcome": answer.outcome.value,
            "message": answer.message,
            "details": dict(answer.details),
        }
        print(json.dumps(body, indent=2, ensure_ascii=False), file=out)
    else:
        print(answer.message, file=out)
    return _CODES[answer.outcome]


async def _ask_bot(command: Asking, client: ControlClient) -> Answer:
    match command:
        case Status():
            return await client.status()
        case Halt():
            return await client.halt(cancel_orders=command.cancel_orders)
        case Resume():
            return await client.resume()
        case Reload():
            return await client.reload()
        case Backup():
            return await client.backup(path=command.file)
        case LogLines():
            return await client.logs(
                count=command.count, level=command.level, containing=command.containing
            )
        case _:
            assert_never(command)


async def _without_bot(command: Asking, offline: OfflineDesk, by: str, absent: str) -> Answer:
    match command:
        case Halt():
            return await offline.halt(by=by)
        case Resume():
            return await offline.resume(by=by)
        case Backup():
            return await offline.backup(path=command.file)
        case Status() | Reload() | LogLines():
            return Answer(outcome=Outcome.FAILED, message=absent)
        case _:
            assert_never(command)
