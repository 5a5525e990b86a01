"""Kraken's WebSocket v2 as frames and questions: writes exactly, answers by request number."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from itertools import count

from trading.clock import Clock
from trading.venues.decoding import Malformed, Row, decode_json
from trading.venues.websocket import ConnectionEnded, NotSent, WebSocket, one_end

_log = logging.getLogger(__name__)

Single = str | bool | int | Decimal
Value = Single | tuple[str, ...] | tuple[Mapping[str, Single], ...]
PING = '{"method":"ping"}'


class NoAnswer(Exception):
    """It was sent, or may have been, and no answer came: it may have been executed."""


def write_request(method: str, parameters: Mapping[str, Value], request_id: int) -> str:
    """Return the text of a request; amounts become JSON numbers digit for digit."""
    written = _write(parameters)
    return f'{{"method":{json.dumps(method)},"params":{written},"req_id":{request_id}}}'


def _write(value: Value | Mapping[str, Value]) -> str:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} cannot be written as a number")
        return f"{value:f}"
    if isinstance(value, tuple):
        return f"[{','.join(_write(each) for each in value)}]"
    if isinstance(value, Mapping):
        fields = (f"{json.dumps(name)}:{_write(each)}" for name, each in value.items())
        return f"{{{','.join(fields)}}}"
    return json.dumps(value)


class KrakenSocket:
    """One connection: every question gets its own answer, whatever comes between.

    `hear` is called with each frame, in order, answers too; it may raise what ends the connection.
    """

    def __init__(self, *, socket: WebSocket, clock: Clock, hear: Callable[[Row], None]) -> None:
        """Take an open connection."""
        self._socket = socket
        self._clock = clock
        self._hear = hear
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[Row]] = {}
        self._ended: str | None = None

    @property
    def is_open(self) -> bool:
        """True while a request can still be sent."""
        return self._ended is None and self._socket.is_open

    async def run(self) -> None:
        """Read until the connection ends, which raises ConnectionEnded; watches for silence."""
        try:
            with one_end():
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._read())
                    group.create_task(self._socket.watch(PING))
        finally:
            self._give_up()

    async def ask(
        self, method: str, parameters: Mapping[str, Value], *, timeout_seconds: float
    ) -> Row:
        """Send and return the answer, whatever it says; NotSent or NoAnswer when there is none."""
        if self._ended is not None:
            raise NotSent(self._ended)
        with self._expecting() as (number, answer):
            text = write_request(method, parameters, number)
            try:
                async with asyncio.timeout(timeout_seconds):
                    await self._socket.send(text)
                    return await answer
            except TimeoutError as error:
                raise NoAnswer(f"no answer within {timeout_seconds:g} s") from error
            except ConnectionEnded as error:
                raise NoAnswer(str(error)) from error

    @contextmanager
    def _expecting(self) -> Iterator[tuple[int, asyncio.Future[Row]]]:
        number = next(self._numbers)
        answer: asyncio.Future[Row] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            yield number, answer
        finally:
            del self._asked[number]
            if not answer.cancel() and not answer.cancelled():
                answer.exception()  # marks it as seen by somebody

    async def _read(self) -> None:
        async for text in self._socket.texts():
            try:
                frame = Row.of(decode_json(text.encode()), "a frame")
                if "method" in frame.fields or "channel" not in frame.fields:
                    self._answer(frame)
                else:
                    self._hear(frame)
            except Malformed as error:
                raise ConnectionEnded(f"a frame that is not understood: {error}") from error

    def _answer(self, frame: Row) -> None:
        number = frame.fields.get("req_id")
        answer = self._asked.get(number) if isinstance(number, int) else None
        if answer is not None and not answer.done():
            answer.set_result(frame)
        elif frame.fields.get("success") is False or "error" in frame.fields:
            _log.warning("nobody waits for this refusal text=%s", frame.fields.get("error"))
        self._hear(frame)

    def _give_up(self) -> None:
        """Let nobody wait for an answer that cannot come any more."""
        self._ended = "the connection is over"
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(NoAnswer("the connection ended before the answer came"))
