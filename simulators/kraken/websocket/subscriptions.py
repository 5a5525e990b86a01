"""Subscribing and unsubscribing: one answer for each symbol, snapshots after the answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from simulators.kraken.catalogue import ListedPair
from simulators.kraken.counters import Counters
from simulators.kraken.errors import KrakenError
from simulators.kraken.exchange import Exchange
from simulators.kraken.tokens import Tokens
from simulators.kraken.websocket.account_channels import AccountChannels, ExecutionWishes
from simulators.kraken.websocket.book_channel import DEPTHS, BookFeed
from simulators.kraken.websocket.public_channels import (
    CandleFeed,
    Feed,
    InstrumentFeed,
    TickerFeed,
    TradeFeed,
)
from simulators.kraken.websocket.requests import Request, boolean, chosen
from simulators.kraken.websocket.speech import Frame, Speech
from trading.venues.paper.values import Transition

INTERVALS = frozenset({1, 5, 15, 30, 60, 240, 1440, 10080, 21600})
PUBLIC = frozenset({"ticker", "trade", "ohlc", "book", "instrument"})
PRIVATE = frozenset({"balances", "executions"})
TRIGGERS = frozenset({"trades", "bbo"})
ELSEWHERE = {
    "public": "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com",
    "private": (
        "Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com"
    ),
}


@dataclass(slots=True, kw_only=True)
class PublicSubscription:
    channel: str
    feed: Feed


@dataclass(slots=True, kw_only=True)
class PrivateSubscription:
    token: str
    wishes: ExecutionWishes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every client's subscriptions are made from."""

    exchange: Exchange
    counters: Counters
    tokens: Tokens
    account: AccountChannels
    check_token: Callable[[Any], str]


@dataclass(slots=True, kw_only=True)
class Subscriptions:
    """Those of one client."""

    desk: Desk
    speech: Speech
    _public: dict[tuple[Any, ...], PublicSubscription] = field(default_factory=dict)
    _private: dict[str, PrivateSubscription] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self._public and not self._private

    def subscribe(self, request: Request) -> list[Frame]:
        channel = self._channel(request)
        if channel in PRIVATE:
            return [self._subscribe_privately(request, channel)]
        return self._for_each_symbol(request, channel, self._subscribe_publicly)

    def unsubscribe(self, request: Request) -> list[Frame]:
        channel = self._channel(request)
        if channel in PUBLIC:
            return self._for_each_symbol(request, channel, self._unsubscribe_publicly)
        self.desk.check_token(request.params.get("token"))
        if channel not in self._private:
            raise KrakenError("Subscription Not Found")
        self.desk.tokens.detach(self._private.pop(channel).token)
        return [request.success({"channel": channel}, now=self.desk.exchange.now())]

    def end(self) -> None:
        """Let go of everything: the client has left."""
        for subscription in self._private.values():
            self.desk.tokens.detach(subscription.token)
        self._private.clear()
        self._public.clear()

    def market_changed(self) -> None:
        for subscription in self._public.values():
            data = subscription.feed.update()
            if data is not None:
                self.speech.publish(subscription.channel, "update", data)

    def account_changed(self, transition: Transition) -> None:
        """Tell the steps of the orders, then what they did to the balances."""
        account = self.desk.account
        executions = self._private.get("executions")
        if executions is not None and executions.wishes is not None:
            for row in account.execution_updates(transition, executions.wishes):
                self.speech.publish("executions", "update", [row])
        if "balances" in self._private:
            for row in account.balance_updates(transition):
                self.speech.publish("balances", "update", [row])

    def _channel(self, request: Request) -> str:
        channel = request.params.get("channel")
        if channel not in PUBLIC | PRIVATE:
            raise KrakenError("Channel not supported" if channel else "Channel field missing")
        belongs = "private" if channel in PRIVATE else "public"
        if belongs != self.speech.kind:
            raise KrakenError(ELSEWHERE[self.speech.kind])
        return str(channel)

    def _for_each_symbol(
        self,
        request: Request,
        channel: str,
        work: Callable[[Request, str, ListedPair | None], dict[str, Any]],
    ) -> list[Frame]:
        answers: list[Frame] = []
        for symbol in self._symbols(request, channel):
            now = self.desk.exchange.now()
            try:
                pair = None if symbol is None else self._pair(symbol)
                answers.append(request.success(work(request, channel, pair), now=now))
            except KrakenError as error:
                more = {} if symbol is None else {"symbol": symbol}
                answers.append(request.failure(error.text, now=now, **more))
        return answers

    def _symbols(self, request: Request, channel: str) -> Iterable[str | None]:
        if channel == "instrument":
            return [None]
        symbols = request.params.get("symbol")
        if not isinstance(symbols, list) or not symbols:
            raise KrakenError("Symbol(s) not found")
        return [str(symbol) for symbol in symbols]

    def _pair(self, symbol: str) -> ListedPair:
        """Find a pair by the one name that sockets take: BTC/USD, not XBT/USD."""
        for pair in self.desk.exchange.catalogue.pairs:
            if pair.symbol == symbol:
                return pair
        raise KrakenError(f"Currency pair not supported {symbol}")

    def _subscribe_publicly(
        self, request: Request, channel: str, pair: ListedPair | None
    ) -> dict[str, Any]:
        feed, told = self._feed(request, channel, pair)
        wants_snapshot = boolean(request.params, "snapshot", default=True)
        key = _key(channel, pair, told)
        if key in self._public:
            raise KrakenError("Already subscribed")
        self._public[key] = PublicSubscription(channel=channel, feed=feed)
        snapshot = feed.snapshot() if wants_snapshot else None
        if snapshot is not None:
            self.speech.publish(channel, "snapshot", snapshot)
        return {"channel": channel, **_symbol(pair), "snapshot": wants_snapshot, **told}

    def _unsubscribe_publicly(
        self, request: Request, channel: str, pair: ListedPair | None
    ) -> dict[str, Any]:
        _, told = self._feed(request, channel, pair)
        if self._public.pop(_key(channel, pair, told), None) is None:
            raise KrakenError("Subscription Not Found")
        return {"channel": channel, **_symbol(pair), **told}

    def _feed(
        self, request: Request, channel: str, pair: ListedPair | None
    ) -> tuple[Feed, dict[str, Any]]:
        """Make what a subscription follows, and say what of the wish shows in the answer."""
        exchange, params = self.desk.exchange, request.params
        if pair is None:
            return InstrumentFeed(exchange=exchange), {}
        match channel:
            case "ticker":
                trigger = chosen(params, "event_trigger", TRIGGERS.__contains__, "trades")
                feed: Feed = TickerFeed(exchange=exchange, pair=pair, trigger=trigger)
                return feed, {"event_trigger": trigger} if "event_trigger" in params else {}
            case "trade":
                return TradeFeed(exchange=exchange, pair=pair), {}
            case "ohlc":
                minutes = chosen(params, "interval", INTERVALS.__contains__, 1)
                feed = CandleFeed(exchange=exchange, pair=pair, minutes=minutes)
                return feed, {"interval": minutes}
            case _:
                depth = chosen(params, "depth", DEPTHS.__contains__, min(DEPTHS))
                return BookFeed(exchange=exchange, pair=pair, depth=depth), {"depth": depth}

    def _subscribe_privately(self, request: Request, channel: str) -> Frame:
        desk, params = self.desk, request.params
        try:
            token = desk.check_token(params.get("token"))
        except KrakenError as error:
            now = desk.exchange.now()
            return request.failure(error.text, now=now, channel=channel, status="error")
        if channel in self._private:
            raise KrakenError("Already subscribed")
        if channel == "balances":
            result = self._subscribe_balances(request, token)
        else:
            result = self._subscribe_executions(request, token)
        desk.tokens.attach(token)
        return request.success({"channel": channel, **result}, now=desk.exchange.now())

    def _subscribe_balances(self, request: Request, token: str) -> dict[str, Any]:
        wants_snapshot = boolean(request.params, "snapshot", default=True)
        self._private["balances"] = PrivateSubscription(token=token)
        if wants_snapshot:
            rows = self.desk.account.balances()
            left = self.speech.faults.spoil_balances([row["asset"] for row in rows], "balances")
            shown = [row for row in rows if row["asset"] in left]
            self.speech.publish("balances", "snapshot", shown)
        return {"snapshot": wants_snapshot}

    def _subscribe_executions(self, request: Request, token: str) -> dict[str, Any]:
        params = request.params
        wishes = ExecutionWishes(
            snap_orders=boolean(params, "snap_orders", default=True),
            snap_trades=boolean(params, "snap_trades", default=False),
            order_status=boolean(params, "order_status", default=True),
            ratecounter=boolean(params, "ratecounter", default=False),
        )
        self._private["executions"] = PrivateSubscription(token=token, wishes=wishes)
        if wishes.snap_orders or wishes.snap_trades:
            rows = self.desk.account.executions(wishes)
            self.speech.publish("executions", "snapshot", rows)
        return {
            "maxratecount": self.desk.counters.order_limit,
            "snap_orders": wishes.snap_orders,
            "snap_trades": wishes.snap_trades,
        }


def _key(channel: str, pair: ListedPair | None, told: dict[str, Any]) -> tuple[Any, ...]:
    length = told.get("depth", told.get("interval"))
    return channel, None if pair is None else pair.symbol, length


def _symbol(pair: ListedPair | None) -> dict[str, str]:
    return {} if pair is None else {"symbol": pair.symbol}
