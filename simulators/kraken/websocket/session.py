"""One client at the socket's counter: its requests, its heartbeats, its end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulators.clock import Clock
from simulators.exchange.connection import Connection, Received
from simulators.exchange.faults import Fault
from simulators.exchange.modes import Modes
from simulators.exchange.tally import Tally
from simulators.kraken.errors import KrakenError
from simulators.kraken.exchange import Exchange
from simulators.kraken.faults import Faults
from simulators.kraken.websocket.order_entry import REST_NAMES, OrderEntry
from simulators.kraken.websocket.requests import (
    MalformedRequestError,
    Request,
    malformed,
    read_request,
)
from simulators.kraken.websocket.speech import Frame, Speech
from simulators.kraken.websocket.subscriptions import ELSEWHERE, Subscriptions

HEARTBEAT_SECONDS = 1.0
# What cuts the line before a request is done, and after: REST's faults have the same meaning here.
CUT_BEFORE = ("ws_drop_before", "drop_before", "http_5xx_before")
CUT_AFTER = ("ws_drop_after", "lose_answer", "http_5xx_after")
GARBLED = ("malformed_json", "truncate_body")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every session shares."""

    exchange: Exchange
    faults: Faults
    modes: Modes
    tally: Tally
    clock: Clock
    orders: OrderEntry
    idle_seconds: float
    """A client without a subscription is sent away after so long."""


@dataclass(slots=True, kw_only=True)
class Session:
    house: House
    connection: Connection
    speech: Speech
    subscriptions: Subscriptions
    _idle_since: float = field(default=0.0)

    def greet(self) -> None:
        """Say the state of the venue, before anything is asked."""
        self._idle_since = self.house.clock.monotonic()
        self.tell_status()

    def tell_status(self) -> None:
        self.speech.publish(
            "status",
            "update",
            [
                {
                    "version": "2.0.10",
                    "system": self.house.exchange.status,
                    "api_version": "v2",
                    "connection_id": self.connection.identifier,
                    "upcoming_maintenance": [],
                    "emergency": [],
                }
            ],
        )

    def hears(self) -> bool:
        return self.speech.hears()

    def speaks(self) -> bool:
        return self.speech.speaks()

    def handle(self, received: Received) -> None:
        try:
            request = read_request(received.text, at=received.at)
        except MalformedRequestError:
            now = self.house.exchange.now()
            self.speech.answer(malformed(at=received.at, now=now), "malformed")
            return
        self.house.tally.count("stream", request.method)
        names = (request.method, REST_NAMES.get(request.method, request.method))
        if fault := self._strike(("delay", "hang_before"), names):
            self.connection.later(fault.seconds(), lambda: self._serve(request, names))
        else:
            self._serve(request, names)

    async def beat(self) -> None:
        """Fill the pauses with heartbeats; send away who asks for nothing."""
        house = self.house
        while True:
            await house.clock.sleep(HEARTBEAT_SECONDS / 4)
            now = house.clock.monotonic()
            if not self.subscriptions.is_empty:
                self._idle_since = now
                if now - self.speech.last_spoken >= HEARTBEAT_SECONDS:
                    self.speech.heartbeat(now)
            elif now - self._idle_since >= house.idle_seconds:
                await self.connection.close(1000, "no subscription")
                return

    def _serve(self, request: Request, names: Sequence[str]) -> None:
        if self._strike(CUT_BEFORE, names):
            self.connection.drop()
            return
        self.house.modes.enter(*names)
        with self.speech.channels_wait() as told:
            answers = self._answers(request, names)
        if self._strike(CUT_AFTER, names):
            self.connection.drop()
            return
        if (fault := self.house.faults.strike("ws_ack_last", *names)) or (
            fault := self._strike(("hang_after",), names)
        ):
            self.speech.say_all(told)
            self._later(fault.seconds(), lambda: self._say(answers, names))
        else:
            if not self.house.faults.strike("ws_lose_ack", *names):
                self._say(answers, names)
            self.speech.say_all(told)

    def _answers(self, request: Request, names: Sequence[str]) -> list[Frame]:
        exchange = self.house.exchange
        try:
            if fault := self.house.faults.strike("error", *names):
                raise KrakenError(str(fault.parameters["error"]))
            exchange.settle_time()
            return self._work(request)
        except KrakenError as error:
            return [request.failure(error.text, now=exchange.now())]

    def _work(self, request: Request) -> list[Frame]:
        match request.method:
            case "ping":
                return [request.pong(now=self.house.exchange.now())]
            case "subscribe":
                return self.subscriptions.subscribe(request)
            case "unsubscribe":
                return self.subscriptions.unsubscribe(request)
            case method if method in REST_NAMES:
                if self.speech.kind == "public":
                    raise KrakenError(ELSEWHERE["public"])
                return self.house.orders.answer(request)
            case _:
                raise KrakenError("Method not supported")

    def _say(self, answers: Sequence[Frame], names: Sequence[str]) -> None:
        for frame in answers:
            self.speech.answer(frame, *names, is_garbled=self._strike(GARBLED, names) is not None)

    def _later(self, seconds: float, work: Callable[[], Any]) -> None:
        if seconds > 0:
            self.connection.later(seconds, work)
        else:
            work()

    def _strike(self, faults: Sequence[str], names: Sequence[str]) -> Fault | None:
        struck = (self.house.faults.strike(name, *names) for name in faults)
        return next((fault for fault in struck if fault is not None), None)
