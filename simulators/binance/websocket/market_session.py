"""One client of the market streams: what it follows, and how it is told."""

import json
from collections import deque
from collections.abc import Sequence
from typing import Any

from simulators.binance.websocket.account_events import server_shutdown
from simulators.binance.websocket.clients import Client
from simulators.binance.websocket.market_streams import open_stream
from simulators.binance.websocket.stream_source import Source, Stream
from simulators.exchange.connection import Received

MOST_STREAMS = 1024
MOST_MESSAGES_A_SECOND = 5
SHUTDOWN_STREAM = "!serverShutdown"


class MarketSession:
    """`is_combined` wraps each event with the name of its stream."""

    def __init__(self, *, client: Client, source: Source, is_combined: bool) -> None:
        self.client = client
        self._source = source
        self._is_combined = is_combined
        self._streams: dict[str, Stream | None] = {}
        self._heard: deque[float] = deque(maxlen=MOST_MESSAGES_A_SECOND)

    def hears(self) -> bool:
        return self.client.speech.hears()

    def speaks(self) -> bool:
        return self.client.speech.speaks()

    async def beat(self) -> None:
        await self.client.beat()

    def handle(self, received: Received) -> None:
        if self._is_too_fast():
            self.client.connection.drop()
            return
        try:
            request = json.loads(received.text)
        except ValueError:
            request = None
        if not isinstance(request, dict):
            self._answer({"error": {"code": 3, "msg": "Invalid JSON: expected an object"}})
            return
        self._do(request)

    def follow(self, names: Sequence[str]) -> None:
        """Open streams; one without a meaning is followed in silence, as at the venue."""
        for name in names[: MOST_STREAMS - len(self._streams)]:
            if name not in self._streams:
                self._streams[name] = open_stream(name, self._source)
        self.tell()

    def tell(self) -> None:
        """Tell whatever is new on any of the streams."""
        for name, stream in self._streams.items():
            if stream is None:
                continue
            for row in stream.news():
                self._publish(name, row)

    def announce_shutdown(self) -> None:
        self._publish(SHUTDOWN_STREAM, server_shutdown(self.client.exchange), "serverShutdown")

    def _do(self, request: dict[str, Any]) -> None:
        method, identity = request.get("method"), request.get("id")
        names = request.get("params") or []
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self._answer(_invalid("params must be a list of stream names", identity))
            return
        result: Any = None
        match method:
            case "SUBSCRIBE":
                if len({*self._streams, *names}) > MOST_STREAMS:
                    self._answer(_invalid("too many streams", identity))
                    return
                self._answer({"result": None, "id": identity})
                self.follow(names)
                return
            case "UNSUBSCRIBE":
                for name in names:
                    self._streams.pop(name, None)
            case "LIST_SUBSCRIPTIONS":
                result = list(self._streams)
            case _:
                self._answer(_invalid(f"unknown variant `{method}`", identity))
                return
        self._answer({"result": result, "id": identity})

    def _answer(self, frame: dict[str, Any]) -> None:
        self.client.speech.answer(frame, "market")

    def _publish(self, name: str, row: Any, *more_names: str) -> None:
        frame = {"stream": name, "data": row} if self._is_combined else row
        kind = name.partition("@")[2] or name
        self.client.speech.publish(frame, name, kind, *more_names)

    def _is_too_fast(self) -> bool:
        now = self.client.clock.monotonic()
        is_full = len(self._heard) == MOST_MESSAGES_A_SECOND
        is_fast = is_full and now - self._heard[0] < 1
        self._heard.append(now)
        return is_fast


def _invalid(what: str, identity: Any) -> dict[str, Any]:
    return {"error": {"code": 2, "msg": f"Invalid request: {what}"}, "id": identity}
