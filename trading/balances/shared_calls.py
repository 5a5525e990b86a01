"""One request for many who ask at once; no answer is older than the question it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class _Call(Generic[Answer]):
    """A request with everybody who waits for it; abandoned when its leader was cancelled."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.answer: tuple[Answer] | None = None
        self.error: Exception | None = None


class SharedCalls(Generic[Key, Answer]):
    """At most one request under way and one waiting for each key.

    The request runs in the task of whoever came first. Should that task be cancelled, another
    of those who wait takes over: nobody is cancelled because somebody else was.
    """

    def __init__(self) -> None:
        """Start with nothing under way."""
        self._running: dict[Key, _Call[Answer]] = {}
        self._waiting: dict[Key, _Call[Answer]] = {}

    async def later(self, key: Key, make: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return the answer of a request that starts after this call was made."""
        while True:
            call = self._waiting.get(key)
            if call is None:
                return await self._lead(key, make)
            await call.ended.wait()
            if (answer := _outcome(call)) is not None:
                return answer[0]

    async def current(self, key: Key, make: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return the answer of the request under way; start one when there is none."""
        while True:
            call = self._running.get(key) or self._waiting.get(key)
            if call is None:
                return await self._lead(key, make)
            await call.ended.wait()
            if (answer := _outcome(call)) is not None:
                return answer[0]

    async def _lead(self, key: Key, make: Callable[[], Awaitable[Answer]]) -> Answer:
        call: _Call[Answer] = _Call()
        self._waiting[key] = call
        try:
            while (before := self._running.get(key)) is not None:
                await before.ended.wait()
            await _next_turn()  # whoever asks in this same turn shares the request
            self._running[key] = self._waiting.pop(key)
            answer = await make()
            call.answer = (answer,)
            return answer
        except Exception as error:
            call.error = error
            raise
        finally:
            for calls in (self._waiting, self._running):
                if calls.get(key) is call:
                    del calls[key]
            call.ended.set()


def _outcome(call: _Call[Answer]) -> tuple[Answer] | None:
    """Return or raise what the call ended with; None when it was abandoned."""
    if call.error is not None:
        raise call.error
    return call.answer


async def _next_turn() -> None:
    turn = asyncio.Event()
    asyncio.get_running_loop().call_soon(turn.set)
    await turn.wait()
