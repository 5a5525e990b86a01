"""One client of the WebSocket API: its requests, and its subscriptions to the user data."""

import json
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from simulators.binance.authentication import Signed
from simulators.binance.calls import Answer, Calls
from simulators.binance.endpoints import Endpoint, Security
from simulators.binance.errors import BinanceError, bad_key
from simulators.binance.gate import Call
from simulators.binance.numbers import milliseconds
from simulators.binance.websocket.account_events import AccountEvent, server_shutdown
from simulators.binance.websocket.clients import Client
from simulators.binance.words import Words, flag, whole
from simulators.exchange.connection import Received

VERSION = "v3/"
GONE = Answer(body={"code": -1020, "msg": "This operation is not supported."}, status=410)
LISTEN_KEY_METHODS = frozenset(
    {"userDataStream.start", "userDataStream.ping", "userDataStream.stop"}
)


class ApiSession:
    """`past` holds the last events there were, for a fault that tells them again."""

    def __init__(self, *, client: Client, calls: Calls, past: deque[AccountEvent]) -> None:
        self.client = client
        self.subscriptions: list[int] = []
        self._calls = calls
        self._past = past
        self._last_subscription = -1
        self._since = milliseconds(client.exchange.now())
        self._own = {endpoint.socket_method: endpoint for endpoint in self._endpoints()}

    def hears(self) -> bool:
        return self.client.speech.hears()

    def speaks(self) -> bool:
        return self.client.speech.speaks()

    async def beat(self) -> None:
        await self.client.beat()

    def handle(self, received: Received) -> None:
        request = _read(received.text)
        if isinstance(request, Answer):
            self._say(None, request, {}, ())
            return
        identity, method, words = request
        names = (method,)
        faults, speech = self.client.faults, self.client.speech
        if faults.strike("ws_drop_before", *names):
            self.client.connection.drop()
            return
        if (fault := faults.strike("ws_ack_last", *names)) is not None:
            answer = self._execute(method, words)
            self.client.connection.later(
                fault.seconds(), lambda: self._say(identity, answer, words, names)
            )
            return
        with speech.events_wait():
            answer = self._execute(method, words)
            if faults.strike("ws_drop_after", *names):
                self.client.connection.drop()
            elif not faults.strike("ws_lose_ack", *names):
                self._say(identity, answer, words, names)
        if method == "userDataStream.subscribe.signature" and not answer.is_error:
            self._tell_again()

    def tell(self, events: Sequence[AccountEvent]) -> None:
        """Tell what happened to the account, once for each subscription."""
        for subscription in self.subscriptions:
            for event in events:
                frame = {"subscriptionId": subscription, "event": event.payload}
                self.client.speech.publish(frame, *event.names)

    def announce_shutdown(self) -> None:
        frame = {"event": server_shutdown(self.client.exchange)}
        self.client.speech.publish(frame, "serverShutdown")

    def terminate(self, event: AccountEvent) -> None:
        """End all subscriptions, with a word about it; the connection stays."""
        self.tell([event])
        self.subscriptions = []

    def _execute(self, method: str, words: Words) -> Answer:
        if method in LISTEN_KEY_METHODS:
            return GONE
        endpoint = self._own.get(method) or self._calls.by_socket_method.get(method)
        self._calls.count("stream", method)
        if endpoint is None:
            return Answer.of_error(BinanceError(-1020, "This operation is not supported."))
        payload = "&".join(f"{n}={v}" for n, v in sorted(words.items()) if n != "signature")
        return self._calls.execute(
            Call(
                endpoint=endpoint,
                words=words,
                key=words.get("apiKey"),
                signed=Signed(payload=payload, signature=words.get("signature")),
            )
        )

    def _say(self, identity: Any, answer: Answer, words: Words, names: tuple[str, ...]) -> None:
        frame: dict[str, Any] = {"id": identity, "status": answer.status}
        if answer.is_error:
            frame["error"] = self._error(answer)
        else:
            frame["result"] = answer.body
        if words.get("returnRateLimits") != "false":
            is_order = "order.place" in names
            frame["rateLimits"] = self._calls.rate_limits(with_orders=is_order)
        self.client.speech.answer(frame, *names)

    def _error(self, answer: Answer) -> dict[str, Any]:
        if answer.retry_after is None:
            return dict(answer.body)
        now = milliseconds(self.client.exchange.now())
        data = {"serverTime": now, "retryAfter": now + answer.retry_after * 1000}
        return {**answer.body, "data": data}

    def _endpoints(self) -> list[Endpoint]:
        def own(method: str, work: Any, **more: Any) -> Endpoint:
            return Endpoint(method="", path=method, socket_method=method, work=work, **more)

        signed = Security.SIGNED
        return [
            own("userDataStream.subscribe.signature", self._subscribe, weight=2, security=signed),
            own("userDataStream.subscribe", self._subscribe_logged_on, weight=2),
            own("userDataStream.unsubscribe", self._unsubscribe, weight=2),
            own("session.subscriptions", self._subscriptions, weight=2),
            own("session.status", self._status, weight=2),
            own("session.logon", self._log_on, weight=2),
            own("session.logout", self._status, weight=2),
        ]

    def _subscribe(self, _: Words) -> dict[str, int]:
        if self.subscriptions:
            raise BinanceError(-2035, "User Data Stream subscription already active.")
        self._last_subscription += 1
        self.subscriptions.append(self._last_subscription)
        return {"subscriptionId": self._last_subscription}

    def _subscribe_logged_on(self, _: Words) -> dict[str, int]:
        """Only a session that logged on may, and here none can."""
        raise bad_key()

    def _log_on(self, _: Words) -> dict[str, int]:
        raise BinanceError(-4056, "HMAC_SHA256 API key is not supported.")

    def _unsubscribe(self, words: Words) -> dict[str, int]:
        wanted = whole(words, "subscriptionId")
        if wanted is None:
            self.subscriptions = []
        elif wanted in self.subscriptions:
            self.subscriptions.remove(wanted)
        else:
            raise BinanceError(-1130, "Data sent for parameter 'subscriptionId' is not valid.")
        return {}

    def _subscriptions(self, _: Words) -> list[dict[str, int]]:
        return [{"subscriptionId": each} for each in self.subscriptions]

    def _status(self, words: Words) -> dict[str, Any]:
        return {
            "apiKey": None,
            "authorizedSince": None,
            "connectedSince": self._since,
            "returnRateLimits": flag(words, "returnRateLimits", default=True),
            "serverTime": milliseconds(self.client.exchange.now()),
            "userDataStream": bool(self.subscriptions),
        }

    def _tell_again(self) -> None:
        """Tell old events anew after a subscription, if a fault says so."""
        fault = self.client.faults.strike("ws_replay", "api")
        if fault is not None:
            self.tell(list(self._past)[-int(fault.parameters["events"]) :])


def _read(text: str) -> tuple[Any, str, Words] | Answer:
    """Understand a request; what is none is answered with what is wrong."""
    try:
        frame = json.loads(text, parse_float=str)
    except ValueError:
        return Answer.of_error(BinanceError(-1135, "Invalid JSON Request"))
    if not isinstance(frame, dict) or not isinstance(frame.get("method"), str):
        return Answer.of_error(
            BinanceError(
                -1102,
                "Mandatory parameter 'method' was not sent, was empty/null, or malformed.",
            )
        )
    params = frame.get("params") or {}
    if not isinstance(params, Mapping):
        return Answer.of_error(
            BinanceError(-1135, "JSON sent for parameter 'params' is not valid")
        )
    words = {name: _text(value) for name, value in params.items()}
    return frame.get("id"), frame["method"].removeprefix(VERSION), words


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case None:
            return ""
        case _:
            return json.dumps(value, separators=(",", ":"))
