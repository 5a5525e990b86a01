"""Keeps Binance's list of symbols, which everything else is read by, and what the account pays."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from trading.clock import Clock
from trading.errors import VenueError, VenueProtocolError
from trading.model.identifiers import Symbol, VenueName
from trading.model.instrument import Instrument
from trading.venues.binance.instruments import READ, Listing, parse_listing
from trading.venues.binance.session import Ask, BinanceSession
from trading.venues.decoding import Malformed, Row
from trading.venues.port import Priority

_log = logging.getLogger(__name__)

_LIFETIME_SECONDS = 3600.0
_LEAST_AGE_SECONDS = 60.0
"""A name that is not listed makes us ask again, but not more often than this."""
_FEE_LIFETIME_SECONDS = 3600.0
_FEE_TIMEOUT_SECONDS = 5.0
_MOST_FEES = 40
_LIST_WEIGHT = 20.0
_FEE_WEIGHT = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """What the account pays for a symbol, every part of it added up, as fractions."""

    taker: Decimal
    maker: Decimal


class ReferenceData:
    """One list, shared by whoever waits, kept for an hour.

    An old list outlives a venue that does not answer: names do not change their meaning.
    """

    def __init__(self, *, name: VenueName, session: BinanceSession, clock: Clock) -> None:
        """Start without any."""
        self._name = name
        self._session = session
        self._clock = clock
        self._lock = asyncio.Lock()
        self._listing: Listing | None = None
        self._at = 0.0
        self._used: dict[Symbol, None] = {}
        self._fees: dict[Symbol, tuple[Fees, float]] = {}

    async def listing(self) -> Listing:
        """Return the symbols."""
        return await self._current(_LIFETIME_SECONDS)

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """Return instruments as of now: status and fees are what one asks them for."""
        listing = await self._current(0.0, keep_old=False)
        if self._session.has_key:
            await self._ask_fees(listing)
        found = dict(listing.instruments)
        for symbol, (fees, _) in self._fees.items():
            if symbol in found:
                found[symbol] = replace(
                    found[symbol],
                    taker_fee_fraction=fees.taker,
                    maker_fee_fraction=fees.maker,
                )
        return found

    def used(self, symbols: Collection[Symbol]) -> None:
        """Take note of symbols that matter: their fees are asked for."""
        for symbol in symbols:
            self._used.pop(symbol, None)
            self._used[symbol] = None
        while len(self._used) > _MOST_FEES:
            del self._used[next(iter(self._used))]

    async def code(self, symbol: Symbol) -> str | None:
        """Return Binance's name of a symbol, asking once more for one that is not listed."""
        found = (await self.listing()).codes.get(symbol)
        if found is None and await self.look_again():
            found = (await self.listing()).codes.get(symbol)
        return found

    async def symbol(self, code: str) -> Symbol:
        """Return the symbol of a name, asking once more for one that is not listed."""
        found = (await self.listing()).symbols.get(code)
        if found is None and await self.look_again():
            found = (await self.listing()).symbols.get(code)
        if found is None:
            raise VenueProtocolError(self._name, f"{code} is not in Binance's list of symbols")
        return found

    async def look_again(self) -> bool:
        """Ask anew because a name was not found; False when that was done just now."""
        before = self._at
        await self._current(_LEAST_AGE_SECONDS)
        return self._at != before

    async def _current(self, most_age_seconds: float, *, keep_old: bool = True) -> Listing:
        asked_at = self._clock.monotonic()
        async with self._lock:
            kept = self._listing
            if kept is not None and self._at >= asked_at - most_age_seconds:
                return kept
            try:
                return await self._fetch()
            except VenueError as error:
                if kept is None or not keep_old:
                    raise
                _log.warning("old symbols kept venue=%s reason=%s", self._name, error)
                return kept

    async def _fetch(self) -> Listing:
        result = await self._session.ask(
            Ask(
                endpoint="get_exchange_info",
                parameters={"showPermissionSets": "false"},
                weight=_LIST_WEIGHT,
                is_signed=False,
                only=READ,
            )
        )
        try:
            # A few megabytes, read beside the loop: nothing else waits for it.
            listing = await asyncio.to_thread(parse_listing, result, venue=self._name)
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        self._session.budget.learn(listing.weights, listing.orders)
        self._listing, self._at = listing, self._clock.monotonic()
        return listing

    async def _ask_fees(self, listing: Listing) -> None:
        """Ask for what is not known or old; without an answer the last word stands."""
        now = self._clock.monotonic()
        due = [
            symbol
            for symbol in self._used
            if symbol in listing.codes
            and (symbol not in self._fees or now - self._fees[symbol][1] > _FEE_LIFETIME_SECONDS)
        ]
        if not due:
            return
        try:
            async with asyncio.timeout(_FEE_TIMEOUT_SECONDS), asyncio.TaskGroup() as group:
                for symbol in due:
                    group.create_task(self._ask_fee(symbol, listing.codes[symbol]))
        except TimeoutError:
            _log.warning("fees not told in time venue=%s", self._name)

    async def _ask_fee(self, symbol: Symbol, code: str) -> None:
        try:
            result = await self._session.ask(
                Ask(
                    endpoint="v3_get_account_commission",
                    parameters={"symbol": code},
                    priority=Priority.MARKET_DATA,
                    weight=_FEE_WEIGHT,
                )
            )
            self._fees[symbol] = (parse_fees(result), self._clock.monotonic())
        except (VenueError, Malformed) as error:
            _log.warning("fee not known venue=%s symbol=%s reason=%s", self._name, symbol, error)


def parse_fees(result: object) -> Fees:
    """Read the answer to account/commission, before the discount that paying in BNB brings.

    It holds only while there is BNB to pay with, so it is not counted on.
    """
    row = Row.of(result, "commission")
    parts = [
        row.row(name)
        for name in ("standardCommission", "specialCommission", "taxCommission")
        if name in row.fields
    ]
    fees = Fees(
        taker=sum((part.decimal("taker") + part.decimal("buyer") for part in parts), Decimal(0)),
        maker=sum((part.decimal("maker") + part.decimal("seller") for part in parts), Decimal(0)),
    )
    if not parts or not -1 < fees.taker < 1 or not -1 < fees.maker < 1:
        raise Malformed(f"commission says fees of {fees.taker} and {fees.maker}")
    return fees
