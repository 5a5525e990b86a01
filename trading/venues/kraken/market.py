"""Public questions: state, prices and books."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from math import ceil

from trading.clock import Clock
from trading.errors import VenueError, VenueProtocolError, VenueRejected
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Book, Candle, Price
from trading.venues.decoding import Malformed, Row
from trading.venues.halving import ask_by_halves
from trading.venues.kraken.errors import UNKNOWN_PAIR
from trading.venues.kraken.prices import (
    only_row,
    parse_book,
    parse_candles,
    parse_ticker,
)
from trading.venues.kraken.reference import ReferenceData
from trading.venues.kraken.session import KrakenSession
from trading.venues.port import Priority, VenueState
from trading.venues.quotes import Moment, failure_of

_LEVELS = "25"
_PRIORITY = Priority.MARKET_DATA
_MINUTES = {
    timedelta(minutes=minutes): str(minutes)
    for minutes in (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
}


class KrakenMarket:
    """Prices of many symbols in one call, books in one call each, all at once."""

    def __init__(
        self,
        *,
        name: VenueName,
        session: KrakenSession,
        reference: ReferenceData,
        at_once: int,
        clock: Clock,
    ) -> None:
        """Keep what it asks through.

        No more than `at_once` questions wait for the call limit together, which is what it lets
        through in a burst: the others have not begun to wait, so that none of many gives up
        before its turn comes.
        """
        self._name = name
        self._session = session
        self._reference = reference
        self._clock = clock
        self._lane = asyncio.Semaphore(at_once)

    async def fetch_state(self) -> VenueState:
        """Return what SystemStatus says; a word that is not known raises."""
        result = await self._session.public("SystemStatus", {}, priority=_PRIORITY)
        try:
            return VenueState(Row.of(result, "SystemStatus").text("status"))
        except ValueError as error:
            raise VenueProtocolError(self._name, str(error)) from error

    async def fetch_prices(
        self, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | VenueError]:
        """Return prices from one Ticker call; one pair that spoils it is found and left out."""
        keys, prices = await self._sort_out(symbols)
        if not keys:
            return prices
        answers = await ask_by_halves(
            list(keys), lambda some: self._tickers({symbol: keys[symbol] for symbol in some})
        )
        # Each answer may itself be a fault of one symbol.
        return {**prices, **answers}

    async def fetch_books(self, symbols: Collection[Symbol]) -> Mapping[Symbol, Book | VenueError]:
        """Return the top of each book."""
        keys, failures = await self._sort_out(symbols)
        async with asyncio.TaskGroup() as group:
            tasks = {
                symbol: group.create_task(self._book(symbol, key)) for symbol, key in keys.items()
            }
        books = {symbol: task.result() for symbol, task in tasks.items()}
        return {**failures, **books}

    async def fetch_candles(
        self, symbol: Symbol, interval: timedelta, since: datetime
    ) -> tuple[Candle, ...]:
        """Return what OHLC has of one pair: at most 720 rows back from now."""
        minutes = _MINUTES.get(interval)
        if minutes is None:
            known = ", ".join(str(each) for each in _MINUTES)
            raise VenueRejected(self._name, f"no candles of {interval}; there are {known}")
        keys, failures = await self._sort_out((symbol,))
        if symbol in failures:
            raise failures[symbol]
        words = {
            "pair": keys[symbol],
            "interval": minutes,
            # Rows on the start itself are left out: ask from just before.
            "since": str(max(0, ceil(since.timestamp()) - 1)),
        }
        async with self._lane:
            result = await self._session.public("OHLC", words, priority=_PRIORITY)
        try:
            candles = parse_candles(result, symbol=symbol)
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        return tuple(candle for candle in candles if candle.opened_at >= since)

    async def _sort_out(
        self, symbols: Collection[Symbol]
    ) -> tuple[dict[Symbol, str], dict[Symbol, VenueError]]:
        """Part the listed symbols from those that would spoil a batch."""
        codes = (await self._reference.pairs()).codes
        if any(symbol not in codes.keys for symbol in symbols):
            await self._reference.look_again()
            codes = (await self._reference.pairs()).codes
        listed = {symbol: codes.keys[symbol] for symbol in symbols if symbol in codes.keys}
        self._reference.used(listed)
        unlisted: dict[Symbol, VenueError] = {
            symbol: VenueRejected(self._name, f"{UNKNOWN_PAIR}: {symbol}")
            for symbol in symbols
            if symbol not in listed
        }
        return listed, unlisted

    async def _tickers(self, keys: Mapping[Symbol, str]) -> dict[Symbol, Price | VenueError]:
        result = await self._session.public(
            "Ticker", {"pair": ",".join(keys.values())}, priority=_PRIORITY
        )
        moment = self._moment()
        try:
            codes = (await self._reference.pairs()).codes
            rows = {codes.symbols.get(name): row for name, row in Row.of(result, "Ticker").rows()}
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        return {symbol: self._price(symbol, rows.get(symbol), moment) for symbol in keys}

    def _price(self, symbol: Symbol, row: Row | None, moment: Moment) -> Price | VenueError:
        if row is None:
            return VenueProtocolError(self._name, f"the ticker left out {symbol}")
        try:
            return parse_ticker(row, venue=self._name, symbol=symbol, moment=moment)
        except (Malformed, VenueError) as error:
            return failure_of(error, self._name)

    async def _book(self, symbol: Symbol, key: str) -> Book | VenueError:
        try:
            async with self._lane:
                result = await self._session.public(
                    "Depth", {"pair": key, "count": _LEVELS}, priority=_PRIORITY
                )
            row = only_row(result, "Depth")
            return parse_book(row, venue=self._name, symbol=symbol, moment=self._moment())
        except (Malformed, VenueError) as error:
            return failure_of(error, self._name)

    def _moment(self) -> Moment:
        return Moment(at=self._clock.now(), monotonic=self._clock.monotonic())
