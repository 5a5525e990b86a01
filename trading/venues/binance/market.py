"""Public questions: state, prices, books and candles."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from trading.clock import Clock
from trading.errors import VenueError, VenueProtocolError, VenueRejected
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Book, Candle, Price
from trading.venues.binance.errors import UNKNOWN_SYMBOL
from trading.venues.binance.history import Followed
from trading.venues.binance.prices import INTERVALS, parse_book, parse_candles, parse_ticker
from trading.venues.binance.reference import ReferenceData
from trading.venues.binance.session import Ask, BinanceSession
from trading.venues.binance.settings import BinanceSettings
from trading.venues.decoding import Malformed, Row
from trading.venues.halving import ask_by_halves
from trading.venues.port import Priority, VenueState
from trading.venues.quotes import Moment, failure_of

_LEVELS = "25"
_BOOK_WEIGHT = 5.0
_TICKERS_WEIGHT = 4.0
_KLINES_WEIGHT = 2.0
_MOST_CANDLES = 1000
_PRIORITY = Priority.MARKET_DATA
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_STATES = {0: VenueState.ONLINE, 1: VenueState.MAINTENANCE}


class BinanceMarket:
    """Prices of many symbols in one call, books in one call each, all at once."""

    def __init__(
        self,
        *,
        name: VenueName,
        settings: BinanceSettings,
        session: BinanceSession,
        reference: ReferenceData,
        followed: Followed,
        clock: Clock,
    ) -> None:
        """Keep what it asks through."""
        self._name = name
        self._has_wallet = settings.has_wallet
        self._session = session
        self._reference = reference
        self._followed = followed
        self._clock = clock

    async def fetch_state(self) -> VenueState:
        """Return what system/status says; a testnet that answers at all is online."""
        if not self._has_wallet:
            await self._session.fetch_time()
            return VenueState.ONLINE
        ask = Ask(endpoint="get_system_status", priority=_PRIORITY, weight=0, is_signed=False)
        result = await self._session.ask(ask)
        try:
            word = Row.of(result, "system/status").integer("status")
            if word not in _STATES:
                raise Malformed(f"the system status {word} is not known")
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        return _STATES[word]

    async def fetch_prices(
        self, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | VenueError]:
        """Return mid prices from one bookTicker call."""
        codes, unlisted = await self._sort_out(symbols)
        if not codes:
            return unlisted

        async def ask(wanted: Sequence[Symbol]) -> Mapping[Symbol, Price | VenueError]:
            return await self._tickers({symbol: codes[symbol] for symbol in wanted})

        return {**unlisted, **await ask_by_halves(tuple(codes), ask)}

    async def fetch_books(self, symbols: Collection[Symbol]) -> Mapping[Symbol, Book | VenueError]:
        """Return the top of each book."""
        codes, unlisted = await self._sort_out(symbols)
        async with asyncio.TaskGroup() as group:
            tasks = {
                symbol: group.create_task(self._book(symbol, code))
                for symbol, code in codes.items()
            }
        return {**unlisted, **{symbol: task.result() for symbol, task in tasks.items()}}

    async def fetch_candles(
        self, symbol: Symbol, interval: timedelta, since: datetime
    ) -> tuple[Candle, ...]:
        """Return every candle that opened since, page by page."""
        word = INTERVALS.get(interval)
        if word is None:
            known = ", ".join(str(each) for each in INTERVALS)
            raise VenueRejected(self._name, f"no candles of {interval}; there are {known}")
        codes, unlisted = await self._sort_out((symbol,))
        if symbol in unlisted:
            raise unlisted[symbol]
        found: dict[datetime, Candle] = {}
        start = since
        while True:
            page = await self._candles(symbol, codes[symbol], (interval, word), start)
            found.update({candle.opened_at: candle for candle in page})
            if len(page) < _MOST_CANDLES:
                return tuple(candle for candle in found.values() if candle.opened_at >= since)
            start = page[-1].opened_at + _MILLISECOND

    async def _candles(
        self, symbol: Symbol, code: str, interval: tuple[timedelta, str], start: datetime
    ) -> tuple[Candle, ...]:
        span, word = interval
        result = await self._session.ask(
            Ask(
                endpoint="get_klines",
                parameters={
                    "symbol": code,
                    "interval": word,
                    "startTime": str(max(0, -((_EPOCH - start) // _MILLISECOND))),
                    "limit": str(_MOST_CANDLES),
                },
                priority=_PRIORITY,
                weight=_KLINES_WEIGHT,
                is_signed=False,
            )
        )
        try:
            now = self._session.venue_clock.now()
            return parse_candles(result, symbol=symbol, interval=span, now=now)
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error

    async def _sort_out(
        self, symbols: Collection[Symbol]
    ) -> tuple[dict[Symbol, str], dict[Symbol, VenueError]]:
        """Part the listed symbols from those that would spoil a batch."""
        listing = await self._reference.listing()
        if any(symbol not in listing.codes for symbol in symbols):
            await self._reference.look_again()
            listing = await self._reference.listing()
        listed = {each: listing.codes[each] for each in symbols if each in listing.codes}
        self._reference.used(listed)
        self._followed.add(listed)
        unlisted: dict[Symbol, VenueError] = {
            symbol: VenueRejected(self._name, f"{UNKNOWN_SYMBOL} not listed: {symbol}")
            for symbol in symbols
            if symbol not in listed
        }
        return listed, unlisted

    async def _tickers(self, codes: Mapping[Symbol, str]) -> dict[Symbol, Price | VenueError]:
        names = json.dumps(list(codes.values()), separators=(",", ":"))
        result = await self._session.ask(
            Ask(
                endpoint="get_orderbook_tickers",
                parameters={"symbols": names},
                priority=_PRIORITY,
                weight=_TICKERS_WEIGHT,
                is_signed=False,
            )
        )
        moment = self._moment()
        try:
            if not isinstance(result, list):
                raise Malformed("bookTicker is not an array")
            rows = [Row.of(entry, "bookTicker") for entry in result]
            by_code = {row.text("symbol"): row for row in rows}
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        return {
            symbol: self._price(symbol, by_code.get(code), moment)
            for symbol, code in codes.items()
        }

    def _price(self, symbol: Symbol, row: Row | None, moment: Moment) -> Price | VenueError:
        if row is None:
            return VenueProtocolError(self._name, f"the ticker left out {symbol}")
        try:
            return parse_ticker(row, venue=self._name, symbol=symbol, moment=moment)
        except (Malformed, VenueError) as error:
            return failure_of(error, self._name)

    async def _book(self, symbol: Symbol, code: str) -> Book | VenueError:
        ask = Ask(
            endpoint="get_order_book",
            parameters={"symbol": code, "limit": _LEVELS},
            priority=_PRIORITY,
            weight=_BOOK_WEIGHT,
            is_signed=False,
        )
        try:
            row = Row.of(await self._session.ask(ask), "depth")
            return parse_book(row, venue=self._name, symbol=symbol, moment=self._moment())
        except (Malformed, VenueError) as error:
            return failure_of(error, self._name)

    def _moment(self) -> Moment:
        return Moment(at=self._clock.now(), monotonic=self._clock.monotonic())
