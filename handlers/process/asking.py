"""Carries a command to the running bot, or does without it where that is possible."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TextIO, assert_never

from handlers.http.answers import Answer, CandleRequest, EmergencyAction, EmergencyRequest, Outcome
from handlers.http.control_client import BotNotAnswering, BotNotRunning, ControlClient
from handlers.process.asking_emergency import EmergencyOffline, ask_emergency
from handlers.process.commands import (
    Asking,
    Backup,
    Candles,
    Emergency,
    Halt,
    LogLines,
    Plain,
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


class OfflineDesk(EmergencyOffline, Protocol):
    """What can be done with the state directory while no bot owns it; it takes the lock first."""

    async def resume(self, *, by: str) -> Answer:
        """Let the next start trade."""
        ...

    async def backup(self, *, path: Path) -> Answer:
        """Write a copy of the database."""
        ...

    async def candles(self, request: CandleRequest) -> Answer:
        """Write the stored candles to a CSV file."""
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
    if isinstance(command, Emergency):
        return await ask_emergency(command, client=client, offline=offline, confirm=confirm, by=by)
    is_open = isinstance(command, Resume) and not command.is_confirmed
    if is_open and not confirm("Trade again?"):
        return Answer(outcome=Outcome.REFUSED, message="not confirmed; nothing was changed")
    try:
        return await _ask_bot(command, client)
    except BotNotRunning as absent:
        if isinstance(command, Halt) and command.cancel_orders:
            cancel = _cancel_all(command)
            return await ask_emergency(
                cancel, client=client, offline=offline, confirm=confirm, by=by
            )
        return await _without_bot(command, offline, by, str(absent))
    except BotNotAnswering as silent:
        if isinstance(command, Halt):
            answer = await offline.halt(by=by)
            left_open = command.cancel_orders and answer.outcome is Outcome.DONE
            return Answer(
                outcome=Outcome.FAILED if left_open else answer.outcome,
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


def _cancel_all(command: Halt) -> Emergency:
    return Emergency(
        config=command.config,
        is_json=command.is_json,
        is_confirmed=True,
        request=EmergencyRequest(action=EmergencyAction.CANCEL_ALL),
    )


async def _ask_bot(command: Plain, client: ControlClient) -> Answer:
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
        case Candles():
            return await client.candles(command.request)
        case LogLines():
            return await client.logs(
                count=command.count, level=command.level, containing=command.containing
            )
        case _:
            assert_never(command)


async def _without_bot(command: Plain, offline: OfflineDesk, by: str, absent: str) -> Answer:
    match command:
        case Halt():
            return await offline.halt(by=by)
        case Resume():
            return await offline.resume(by=by)
        case Backup():
            return await offline.backup(path=command.file)
        case Candles():
            return await offline.candles(command.request)
        case Status() | Reload() | LogLines():
            return Answer(outcome=Outcome.FAILED, message=absent)
        case _:
            assert_never(command)
