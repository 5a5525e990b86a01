"""Orders and trades of one symbol after another: Binance keeps no other history."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trading.errors import VenueProtocolError
from trading.model.fill import Fill
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.order import VenueOrder
from trading.venues.binance.orders import parse_order, parse_trade
from trading.venues.binance.reference import ReferenceData
from trading.venues.binance.session import Ask, BinanceSession
from trading.venues.decoding import Malformed, Row
from trading.venues.port import Priority
from trading.venues.together import together

_log = logging.getLogger(__name__)

_PAGE = 1000
_MOST_PAGES = 400
_WEIGHT = 20.0
_LONGEST_WINDOW = timedelta(hours=24)
_MOST_WINDOWS = 3
"""Further back than so many, all of a symbol's rows by number cost less than window by window."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MOST_BETWEEN = 60
"""Each costs twenty of six thousand a minute, for its orders and for its fills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One of the two lists: how it is asked for, and what its rows and pages go by."""

    endpoint: str
    number: str
    page_from: str


_TRADES = _Kind(endpoint="get_my_trades", number="id", page_from="fromId")
_ORDERS = _Kind(endpoint="get_all_orders", number="orderId", page_from="orderId")


class Followed:
    """The symbols that may have been traded, by all that this process has seen."""

    def __init__(self) -> None:
        """Know of none."""
        self._symbols: dict[Symbol, None] = {}
        self._held: frozenset[Asset] = frozenset()
        self.is_complete = False
        """True once it is known what the account holds."""

    def add(self, symbols: Collection[Symbol]) -> None:
        """Take note of symbols that were asked about, traded, or named by the journal."""
        self._symbols.update(dict.fromkeys(symbols))

    def hold(self, assets: Collection[Asset]) -> None:
        """Take note of what the account holds: it may have been bought or sold by hand."""
        self._held |= frozenset(assets)
        self.is_complete = True

    def among(self, listed: Collection[Symbol]) -> tuple[Symbol, ...]:
        """Return those that are listed, and each market between two assets that are held."""
        between = [
            symbol for symbol in listed if symbol.base in self._held and symbol.quote in self._held
        ]
        if len(between) > _MOST_BETWEEN:
            _log.warning(
                "too many markets between held assets, some are not looked at: %d", len(between)
            )
            between = between[:_MOST_BETWEEN]
        return tuple(
            dict.fromkeys([*(each for each in self._symbols if each in listed), *between])
        )


class History:
    """Reads every page of every symbol that matters, all symbols at once."""

    def __init__(
        self,
        *,
        name: VenueName,
        session: BinanceSession,
        reference: ReferenceData,
        followed: Followed,
        know_holdings: Callable[[], Awaitable[object]],
    ) -> None:
        """Keep what it asks through; `know_holdings` has `followed` told what is held."""
        self._name = name
        self._session = session
        self._reference = reference
        self._followed = followed
        self._know_holdings = know_holdings

    async def fills(self, since: datetime, symbols: Collection[Symbol] | None) -> tuple[Fill, ...]:
        """Return the fills since, oldest first."""
        fills = [
            parse
            for symbol, rows in await self._rows(_TRADES, since, symbols)
            for parse in self._parse_fills(symbol, rows)
        ]
        recent = [fill for fill in fills if fill.executed_at >= since]
        return tuple(sorted(recent, key=lambda fill: fill.executed_at))

    async def closed_orders(self, since: datetime) -> tuple[VenueOrder, ...]:
        """Return the orders that were placed lately and closed since, oldest close first."""
        orders = [
            self._parse_order(symbol, row)
            for symbol, rows in await self._rows(_ORDERS, since, None)
            for row in rows
        ]
        dated = [(order.closed_at, order) for order in orders if order.closed_at is not None]
        recent = [(at, order) for at, order in dated if at >= since]
        return tuple(order for _, order in sorted(recent, key=lambda pair: pair[0]))

    async def _rows(
        self, kind: _Kind, since: datetime, symbols: Collection[Symbol] | None
    ) -> list[tuple[Symbol, Sequence[Row]]]:
        listing = await self._reference.listing()
        if symbols is None and not self._followed.is_complete:
            # Without it, whole markets could be left out and nobody would know.
            await self._know_holdings()
        wanted = self._followed.among(listing.codes) if symbols is None else tuple(symbols)
        codes = {each: listing.codes[each] for each in wanted if each in listing.codes}
        pages = await together(self._read_all(kind, code, since) for code in codes.values())
        return list(zip(codes, pages, strict=True))

    async def _read_all(self, kind: _Kind, code: str, since: datetime) -> list[Row]:
        """Look for the first row in windows of a day, then go on by number to the end."""
        start, now = since, max(since, self._session.venue_clock.now()) + _MILLISECOND
        if now - since > _MOST_WINDOWS * _LONGEST_WINDOW:
            return await self._read_on(kind, code, 0)
        rows: list[Row] = []
        while not rows and start < now:
            end = start + _LONGEST_WINDOW
            span = {"startTime": _ms(start), "endTime": _ms(end)}
            rows = await self._page(kind, {"symbol": code, **span})
            start = end
        if not rows or (len(rows) < _PAGE and start >= now):
            return rows
        # The window ended where more may have happened: only by number is the end seen.
        return rows + await self._read_on(kind, code, self._number(kind, rows[-1]) + 1)

    async def _read_on(self, kind: _Kind, code: str, first: int) -> list[Row]:
        """Read every row from this number on."""
        rows: list[Row] = []
        for _ in range(_MOST_PAGES):
            page = await self._page(kind, {"symbol": code, kind.page_from: str(first)})
            rows += page
            if len(page) < _PAGE:
                return rows
            first = self._number(kind, page[-1]) + 1
        raise VenueProtocolError(self._name, f"{kind.endpoint} of {code} has no end")

    async def _page(self, kind: _Kind, parameters: dict[str, str]) -> list[Row]:
        result = await self._session.ask(
            Ask(
                endpoint=kind.endpoint,
                parameters={**parameters, "limit": str(_PAGE)},
                priority=Priority.ORDERS,
                weight=_WEIGHT,
            )
        )
        try:
            if not isinstance(result, list):
                raise Malformed(f"{kind.endpoint} is not an array")
            rows = [Row.of(entry, kind.endpoint) for entry in result]
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        return sorted(rows, key=lambda row: self._number(kind, row))

    def _number(self, kind: _Kind, row: Row) -> int:
        try:
            return row.integer(kind.number)
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error

    def _parse_fills(self, symbol: Symbol, rows: Sequence[Row]) -> list[Fill]:
        try:
            return [parse_trade(row, venue=self._name, symbol=symbol) for row in rows]
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error

    def _parse_order(self, symbol: Symbol, row: Row) -> VenueOrder:
        try:
            return parse_order(row, venue=self._name, symbol=symbol)
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error


def _ms(at: datetime) -> str:
    return str((at - _EPOCH) // _MILLISECOND)
