"""The control address: the truth for a referee, and the levers for whoever hurts the bot.

For this machine only: requests that come from a web page or by another name are refused.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from aiohttp import web

from simulators.exchange.core import ExchangeCore
from simulators.exchange.faults import FaultBook, UnknownFaultError
from simulators.exchange.modes import Modes
from simulators.exchange.reports import Reports
from trading.venues.paper.values import Order, OrderKind, Side, is_amount

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
MOST_SPEED = 1_000_000
MOST_DEPOSITS = 10_000


class UnknownNameError(Exception):
    """An asset or a market that the venue does not list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOrder:
    """An order placed as a person does on the website: without a client order id."""

    symbol: str
    side: Side
    kind: OrderKind
    quantity: Decimal
    limit_price: Decimal | None


class Counter(Protocol):
    """What a venue has of its own; a name it does not know raises UnknownNameError."""

    refusals: tuple[type[Exception], ...]
    """What it raises when it refuses an order or a movement of money."""

    def asset(self, name: str) -> str:
        """Find everyone's name (BTC) of an asset, under any of its names."""
        ...

    def symbol(self, name: str) -> str:
        """Find everyone's name (BTC/USD) of a market, under any of its names."""
        ...

    def list_asset(self, name: str) -> None:
        """List one more asset, which is traded nowhere."""
        ...

    def place(self, wish: HandOrder) -> Order: ...


class Wire(Protocol):
    latency_seconds: float


class Streams(Protocol):
    def count(self) -> dict[str, int]: ...


class ControlServer:
    def __init__(
        self,
        *,
        exchange: ExchangeCore,
        counter: Counter,
        faults: FaultBook,
        modes: Modes,
        rest: Wire,
        streams: Streams,
        reports: Reports,
    ) -> None:
        self._exchange = exchange
        self._counter = counter
        self._refusals: tuple[type[Exception], ...] = (
            UnknownFaultError,
            UnknownNameError,
            *counter.refusals,
        )
        self._faults = faults
        self._modes = modes
        self._rest = rest
        self._streams = streams
        self._reports = reports

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._guard])
        application.add_routes(
            [
                web.get("/state", self._state),
                web.get("/book", self._book),
                web.get("/audit", self._audit),
                web.get("/faults", self._list_faults),
                web.post("/faults", self._add_fault),
                web.delete("/faults", self._remove_faults),
                web.post("/deposit", self._deposit),
                web.post("/withdraw", self._withdraw),
                web.post("/order", self._order),
                web.post("/cancel_all", self._cancel_all),
                web.post("/market", self._market),
                web.post("/latency", self._latency),
            ]
        )
        return application

    async def _state(self, request: web.Request) -> web.Response:
        del request
        self._modes.follow()
        state = self._reports.state()
        state["status"] = self._exchange.status
        state["faults"] = self._faults.describe()
        state["streams"] = self._streams.count()
        state["latency_ms"] = round(self._rest.latency_seconds * 1000)
        return web.json_response(state)

    async def _book(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(self._reports.book())

    async def _audit(self, request: web.Request) -> web.Response:
        """Check the books against themselves, digit by digit."""
        del request
        return web.json_response({"problems": self._exchange.audit()})

    async def _list_faults(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"faults": self._faults.describe()})

    async def _add_fault(self, request: web.Request) -> web.Response:
        fault = self._faults.add(await _words(request))
        self._modes.follow()
        return web.json_response(fault.describe())

    async def _remove_faults(self, request: web.Request) -> web.Response:
        removed = self._faults.remove(request.query.get("name"))
        self._modes.follow()
        return web.json_response({"removed": removed})

    async def _deposit(self, request: web.Request) -> web.Response:
        """Let money arrive, `times` over; with `list`, in an asset that is listed with it."""
        words = await _words(request)
        amount, times = _amount(words, "amount"), _number(words, "times", default="1")
        if not (times == int(times) and 1 <= times <= MOST_DEPOSITS):
            raise web.HTTPBadRequest(text=f"times must lie between 1 and {MOST_DEPOSITS}")
        if words.get("list") is True:
            self._counter.list_asset(str(words.get("asset")))
        self._exchange.deposit(self._asset(words), amount, times=int(times))
        return web.json_response(self._reports.balances())

    async def _withdraw(self, request: web.Request) -> web.Response:
        words = await _words(request)
        self._exchange.withdraw(self._asset(words), _amount(words, "amount"))
        return web.json_response(self._reports.balances())

    async def _order(self, request: web.Request) -> web.Response:
        """Place an order as a person does on the website: without a client order id."""
        words = await _words(request)
        kind = _one_of(words, "type", OrderKind)
        order = self._counter.place(
            HandOrder(
                symbol=self._symbol(words),
                side=_one_of(words, "side", Side),
                kind=kind,
                quantity=_amount(words, "volume"),
                limit_price=_amount(words, "price") if kind is OrderKind.LIMIT else None,
            )
        )
        return web.json_response(self._reports.order(order))

    async def _cancel_all(self, request: web.Request) -> web.Response:
        del request
        orders = tuple(order.order_id for order in self._exchange.open_orders)
        self._exchange.cancel(orders)
        return web.json_response({"count": len(orders)})

    async def _market(self, request: web.Request) -> web.Response:
        """Set a price, shock, freeze or speed up; without a pair it is for all of them."""
        words = await _words(request)
        market = self._exchange.market
        symbols = (self._symbol(words),) if "pair" in words else market.symbols
        if "speed" in words:
            speed = _number(words, "speed")
            if not 0 <= speed <= MOST_SPEED:
                raise web.HTTPBadRequest(text=f"speed must lie between 0 and {MOST_SPEED}")
            market.speed = float(speed)
        if isinstance(frozen := words.get("freeze"), bool):
            for symbol in symbols:
                market.freeze(symbol, frozen=frozen)
        if "price" in words:
            if "pair" not in words:
                raise web.HTTPBadRequest(text="a price needs a pair")
            self._exchange.set_price(symbols[0], _amount(words, "price"))
        if "shock_fraction" in words:
            factor = 1 + _number(words, "shock_fraction")
            if factor <= 0:
                raise web.HTTPBadRequest(text="a shock cannot take more than everything")
            shocked = symbols if "pair" in words else market.independent
            prices = {symbol: market.price(symbol) * factor for symbol in shocked}
            for symbol, price in prices.items():
                market.set_price(symbol, price)
            self._exchange.renew()
        return web.json_response(self._reports.market())

    async def _latency(self, request: web.Request) -> web.Response:
        milliseconds = _number(await _words(request), "ms")
        if not 0 <= milliseconds <= 60_000:  # noqa: PLR2004 -- a minute is plenty
            raise web.HTTPBadRequest(text="ms must lie between 0 and 60000")
        self._rest.latency_seconds = float(milliseconds) / 1000
        return web.json_response({"ms": float(milliseconds)})

    def _asset(self, words: Mapping[str, Any]) -> str:
        return self._counter.asset(str(words.get("asset")))

    def _symbol(self, words: Mapping[str, Any]) -> str:
        return self._counter.symbol(str(words.get("pair")))

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.host.rpartition(":")[0] or request.host
        if host not in LOOPBACK_NAMES or "Origin" in request.headers:
            return web.json_response({"error": "for this machine only"}, status=403)
        try:
            return await handler(request)
        except self._refusals as error:
            return web.json_response({"error": str(error)}, status=400)
        except web.HTTPBadRequest as error:
            return web.json_response({"error": error.text}, status=400)


async def _words(request: web.Request) -> dict[str, Any]:
    try:
        words = json.loads(await request.text() or "{}", parse_float=Decimal)
    except ValueError:
        raise web.HTTPBadRequest(text="the body is not JSON") from None
    if not isinstance(words, dict):
        raise web.HTTPBadRequest(text="the body must be a JSON object")
    return {key: _plain(key, value) for key, value in words.items()}


def _plain(key: str, value: Any) -> Any:
    """Keep amounts exact but let a fault's seconds be ordinary numbers."""
    return float(value) if isinstance(value, Decimal) and key == "seconds" else value


def _number(words: Mapping[str, Any], name: str, *, default: str | None = None) -> Decimal:
    try:
        number = Decimal(str(words[name] if default is None else words.get(name, default)))
    except (InvalidOperation, KeyError):
        raise web.HTTPBadRequest(text=f"{name} must be a number") from None
    if not number.is_finite():
        raise web.HTTPBadRequest(text=f"{name} must be a finite number")
    return number


def _amount(words: Mapping[str, Any], name: str) -> Decimal:
    number = _number(words, name)
    if not is_amount(number):
        raise web.HTTPBadRequest(text=f"{name} must be a positive amount, was {number}")
    return number


def _one_of(words: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    try:
        return kind(str(words.get(name)))
    except ValueError:
        raise web.HTTPBadRequest(
            text=f"{name} must be one of {', '.join(item.value for item in kind)}"
        ) from None
