"""Carries the emergency tool's requests to the running bot, or has them done without it.

A bot that holds its state directory and is silent is never gone around: its key has one user.
Then only what needs no key is done, the file HALT is written, and the rest is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Protocol

from handlers.http.answers import Answer, EmergencyAction, EmergencyRequest, Outcome
from handlers.http.control_client import BotNotAnswering, BotNotRunning
from handlers.process.commands import Emergency
from trading.errors import StateDirectoryLocked, StorageError

_NOT_CONFIRMED = Answer(outcome=Outcome.REFUSED, message="not confirmed; nothing was done")
_HALTING = frozenset({EmergencyAction.CANCEL_ALL, EmergencyAction.CLOSE_ALL})
_WAY_OUT = (
    "Its key must have one user, so nothing else was done. End that process (kill its pid, kill "
    "-9 if it must be; or systemctl stop), then run this command again: it does the work itself"
)


class Door(Protocol):
    """Whoever does it: the running bot, or this process with the state directory locked."""

    async def emergency(self, request: EmergencyRequest) -> Answer:
        """Do it and say how it went."""
        ...


class EmergencyOffline(Protocol):
    """What can be done while no bot answers."""

    async def halt(self, *, by: str) -> Answer:
        """Leave word on the disk; needs neither the lock nor the database."""
        ...

    def emergency(
        self, request: EmergencyRequest, *, by: str
    ) -> AbstractAsyncContextManager[Door]:
        """Take the state directory and open what the request needs, while the block lasts."""
        ...


async def ask_emergency(
    command: Emergency,
    *,
    client: Door,
    offline: EmergencyOffline,
    confirm: Callable[[str], bool],
    by: str,
) -> Answer:
    """Return the answer of whoever could be reached."""
    try:
        return await _confirmed(command, client, confirm)
    except BotNotAnswering as silent:
        return await _around(command, offline, str(silent), by)
    except BotNotRunning:
        pass
    try:
        async with offline.emergency(command.request, by=by) as door:
            return await _confirmed(command, door, confirm)
    except StateDirectoryLocked as locked:
        return await _around(command, offline, str(locked), by)
    except StorageError as error:
        return Answer(outcome=Outcome.FAILED, message=str(error))


async def _confirmed(command: Emergency, door: Door, confirm: Callable[[str], bool]) -> Answer:
    """Ask the person first where it cancels or sells, with what would be sold before his eyes."""
    question = None if command.is_confirmed else _question(command.request)
    if question is not None:
        if command.request.action is EmergencyAction.CLOSE_ALL:
            preview = EmergencyAction.PREVIEW_CLOSE_ALL
            shown = await door.emergency(replace(command.request, action=preview))
            if shown.outcome is Outcome.REFUSED:
                return shown
            question = f"{shown.message}\n{question}"
        if not await asyncio.to_thread(confirm, question):
            return _NOT_CONFIRMED
    return await door.emergency(command.request)


def _question(request: EmergencyRequest) -> str | None:
    where = request.venue or "every venue"
    if request.action is EmergencyAction.CANCEL_ALL:
        return "Halt, and cancel every open order at every venue?"
    if request.action is EmergencyAction.CLOSE_ALL:
        return f"Halt, cancel every open order and SELL EVERYTHING at {where}?"
    return None


async def _around(command: Emergency, offline: EmergencyOffline, why: str, by: str) -> Answer:
    """Do without whoever holds the directory: leave word to halt, and say what to do."""
    if command.request.action not in _HALTING:
        return Answer(outcome=Outcome.FAILED, message=f"{why}.\n{_WAY_OUT}")
    halted = await offline.halt(by=by)
    return Answer(outcome=Outcome.FAILED, message=f"{why}.\n{halted.message}.\n{_WAY_OUT}")
