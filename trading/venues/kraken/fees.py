"""What this account pays: Kraken's schedule by thirty-day volume, and what it says of a pair."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from trading.clock import Clock
from trading.errors import VenueError, VenueRejected
from trading.model.identifiers import Symbol
from trading.model.instrument import Instrument
from trading.venues.decoding import Malformed, Row, to_decimal
from trading.venues.kraken.instruments import FeeTier, PairList
from trading.venues.kraken.session import KrakenSession, PrivateCall
from trading.venues.port import Priority

_log = logging.getLogger(__name__)

_LIFETIME_SECONDS = 600.0
_PAUSE_SECONDS = 60.0
_TIMEOUT_SECONDS = 5.0
"""Instruments are not kept waiting for it: without it the highest fee is taken."""
_MOST_PAIRS = 50
_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountVolume:
    """The answer to TradeVolume: the volume, and the fees of the pairs that were asked for."""

    currency: str
    volume: Decimal
    taker: Mapping[str, Decimal] = field(default_factory=dict)
    maker: Mapping[str, Decimal] = field(default_factory=dict)


class AccountFees:
    """Asked for now and then; instruments carry the highest fee where nothing better is known."""

    def __init__(self, *, session: KrakenSession, clock: Clock) -> None:
        """Nothing is known yet."""
        self._session = session
        self._clock = clock
        self._used: dict[Symbol, None] = {}
        self._volume: AccountVolume | None = None
        self._not_before = 0.0

    def used(self, symbols: Collection[Symbol]) -> None:
        """Take note of symbols that matter: the next question is about these too."""
        for symbol in symbols:
            self._used.pop(symbol, None)
            self._used[symbol] = None
        while len(self._used) > _MOST_PAIRS:
            del self._used[next(iter(self._used))]

    async def of(self, pairs: PairList) -> Mapping[Symbol, Instrument]:
        """Return the instruments with the fees of this account."""
        volume = await self._current(pairs)
        if volume is None:
            return pairs.instruments
        return {
            symbol: _with_fees(instrument, pairs, volume)
            for symbol, instrument in pairs.instruments.items()
        }

    async def _current(self, pairs: PairList) -> AccountVolume | None:
        now = self._clock.monotonic()
        if not self._session.has_key or now < self._not_before:
            return self._volume
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                self._volume = await self._ask(pairs)
        except (VenueError, Malformed, TimeoutError) as error:
            self._not_before = now + _PAUSE_SECONDS
            _log.warning("fees of the account not known reason=%s", error)
        else:
            self._not_before = now + _LIFETIME_SECONDS
        return self._volume

    async def _ask(self, pairs: PairList) -> AccountVolume:
        keys = [pairs.codes.keys[symbol] for symbol in self._used if symbol in pairs.codes.keys]
        try:
            return await self._trade_volume({"pair": ",".join(keys)} if keys else {})
        except VenueRejected:
            if not keys:
                raise
            # One pair that was taken off the list since spoils the whole question.
            return await self._trade_volume({})

    async def _trade_volume(self, parameters: Mapping[str, str]) -> AccountVolume:
        call = PrivateCall(
            method="TradeVolume", parameters=parameters, priority=Priority.MARKET_DATA
        )
        return parse_volume(await self._session.private(call))


def parse_volume(result: Any) -> AccountVolume:
    """Read the answer to TradeVolume; fees are told in percent."""
    row = Row.of(result, "TradeVolume")
    return AccountVolume(
        currency=row.text("currency"),
        volume=row.decimal("volume"),
        taker=_fees(row, "fees"),
        maker=_fees(row, "fees_maker"),
    )


def _fees(row: Row, name: str) -> Mapping[str, Decimal]:
    if row.fields.get(name) is None:
        return {}
    return {key: _fraction(pair.raw("fee"), pair.where) for key, pair in row.row(name).rows()}


def _fraction(percent: object, where: str) -> Decimal:
    value = to_decimal(percent, where) / _PERCENT
    if not -1 < value < 1:  # some makers are paid
        raise Malformed(f"{where} says a fee of {percent} percent")
    return value


def _with_fees(instrument: Instrument, pairs: PairList, volume: AccountVolume) -> Instrument:
    key = pairs.codes.keys[instrument.symbol]
    schedule = pairs.fees[instrument.symbol]
    counts = schedule.currency == volume.currency
    taker = _by_volume(schedule.taker, volume.volume) if counts else None
    maker = _by_volume(schedule.maker, volume.volume) if counts else None
    return replace(
        instrument,
        taker_fee_fraction=_first(volume.taker.get(key), taker, instrument.taker_fee_fraction),
        maker_fee_fraction=_first(volume.maker.get(key), maker, instrument.maker_fee_fraction),
    )


def _first(*known: Decimal | None) -> Decimal:
    """Return the first that is known; the last always is."""
    return next(fee for fee in known if fee is not None)


def _by_volume(tiers: tuple[FeeTier, ...], volume: Decimal) -> Decimal | None:
    reached = [tier for tier in tiers if tier.volume <= volume]
    return max(reached, key=lambda tier: tier.volume).fraction if reached else None
