"""Binance's WebSocket API as requests and events: answers by request id, events as they come."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from itertools import count

from trading.venues.decoding import Malformed, Row, decode_json
from trading.venues.websocket import ConnectionEnded, Ending, WebSocket, one_end

_log = logging.getLogger(__name__)

PING = '{"id":"ping","method":"ping"}'
_OVER = frozenset({"eventStreamTerminated", "serverShutdown"})

Words = Mapping[str, object]


class BinanceSocket:
    """One connection: every request gets its own answer, whatever comes between.

    `hear` is called with each event, in order; `alive` with every frame.
    """

    def __init__(
        self,
        *,
        socket: WebSocket,
        hear: Callable[[Row], None],
        alive: Callable[[], None],
        ping: str = PING,
    ) -> None:
        """Take an open connection."""
        self._socket = socket
        self._hear = hear
        self._alive = alive
        self._ping = ping
        self._numbers = count(1)
        self._asked: dict[str, asyncio.Future[Row]] = {}

    async def run(self) -> None:
        """Read until the connection ends, which raises ConnectionEnded; watches for silence."""
        try:
            with one_end():
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._read())
                    group.create_task(self._socket.watch(self._ping))
        finally:
            for answer in self._asked.values():
                answer.cancel()

    async def ask(self, method: str, words: Words | list[str], *, timeout_seconds: float) -> Row:
        """Send and return the answer, whatever it says; ConnectionEnded when there is none."""
        number = next(self._numbers)
        answer: asyncio.Future[Row] = asyncio.get_running_loop().create_future()
        self._asked[str(number)] = answer
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._socket.send(
                    json.dumps({"id": number, "method": method, "params": words})
                )
                return await answer
        except TimeoutError as error:
            reason = f"{method} was not answered within {timeout_seconds:g} s"
            raise ConnectionEnded(reason) from error
        finally:
            del self._asked[str(number)]

    async def _read(self) -> None:
        async for text in self._socket.texts():
            try:
                self._take(Row.of(decode_json(text.encode()), "a frame"))
            except Malformed as error:
                raise ConnectionEnded(f"a frame that is not understood: {error}") from error
            self._alive()

    def _take(self, frame: Row) -> None:
        if "event" in frame.fields:
            self._event(frame.row("event"))
        elif "stream" in frame.fields:
            self._event(frame.row("data"))
        elif "e" in frame.fields:
            self._event(frame)
        else:
            self._answer(frame)

    def _event(self, event: Row) -> None:
        word = event.fields.get("e")
        if word in _OVER:
            raise ConnectionEnded(f"the venue says {word}", ending=Ending.RENEW)
        self._hear(event)

    def _answer(self, frame: Row) -> None:
        answer = self._asked.get(str(frame.fields.get("id")))
        if answer is not None and not answer.done():
            answer.set_result(frame)
        elif "error" in frame.fields:
            _log.warning("nobody waits for this refusal text=%s", frame.fields["error"])
