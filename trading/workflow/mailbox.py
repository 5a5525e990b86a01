"""Carries events to the bus from where nothing may be awaited, such as the middle of a call."""

from __future__ import annotations

import asyncio
from collections import deque

from trading.events import Event, EventBus

_MOST = 1000
"""More than this is a flood, of which the newest tell most."""


class Mailbox:
    """`put` from anywhere in the loop; `run` is a long-lived part."""

    def __init__(self, *, bus: EventBus) -> None:
        """Start empty."""
        self._bus = bus
        self._events: deque[Event] = deque(maxlen=_MOST)
        self._is_filled = asyncio.Event()

    def put(self, event: Event) -> None:
        """Leave an event; returns at once."""
        self._events.append(event)
        self._is_filled.set()

    async def run(self) -> None:
        """Publish whatever comes, in order, until cancelled."""
        while True:
            await self._is_filled.wait()
            self._is_filled.clear()
            while self._events:
                await self._bus.publish(self._events.popleft())
