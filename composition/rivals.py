"""Stops trading when somebody else turns out to use the same key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from trading.events import Event, OwnerNotice
from trading.venues.nonce_recovery import RIVAL


class Halting(Protocol):
    """What this asks of the trading gate."""

    async def halt(self, reason: str, by: str) -> object: ...


def halt_on_rivals(gate: Halting) -> Callable[[Event], Awaitable[None]]:
    """Return a listener of the bus: two bots on one account would undo each other."""

    async def hear(event: Event) -> None:
        if isinstance(event, OwnerNotice) and (event.key or "").startswith(RIVAL):
            await gate.halt(event.text, "bot")

    return hear
