"""Keeps Kraken's asset and pair lists, which everything else is read by."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping

from trading.clock import Clock
from trading.errors import VenueError, VenueProtocolError
from trading.model.identifiers import Symbol, VenueName
from trading.model.instrument import Instrument
from trading.venues.decoding import Malformed
from trading.venues.kraken.codes import AssetCodes
from trading.venues.kraken.fees import AccountFees
from trading.venues.kraken.instruments import PairList, parse_pairs
from trading.venues.kraken.session import KrakenSession
from trading.venues.port import Priority

_log = logging.getLogger(__name__)

_LIFETIME_SECONDS = 3600.0
_LEAST_AGE_SECONDS = 60.0
"""A name that is not listed makes us ask again, but not more often than this."""


class ReferenceData:
    """Both lists, asked for together, shared by whoever waits, kept for an hour.

    An old list outlives a venue that does not answer: names do not change their meaning.
    """

    def __init__(self, *, name: VenueName, session: KrakenSession, clock: Clock) -> None:
        """Start without any."""
        self._name = name
        self._session = session
        self._clock = clock
        self._fees = AccountFees(session=session, clock=clock)
        self._lock = asyncio.Lock()
        self._assets: AssetCodes | None = None
        self._pairs: PairList | None = None
        self._at = 0.0

    async def assets(self) -> AssetCodes:
        """Return the asset codes."""
        return (await self._current(_LIFETIME_SECONDS))[0]

    async def pairs(self) -> PairList:
        """Return the pairs."""
        return (await self._current(_LIFETIME_SECONDS))[1]

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """Return instruments as of now: status and fees are what one asks for them for."""
        _, pairs = await self._current(0.0, keep_old=False)
        return await self._fees.of(pairs)

    def used(self, symbols: Collection[Symbol]) -> None:
        """Take note of symbols that matter."""
        self._fees.used(symbols)

    async def look_again(self) -> bool:
        """Ask anew because a name was not found; False when that was done just now."""
        before = self._at
        await self._current(_LEAST_AGE_SECONDS)
        return self._at != before

    async def symbol(self, code: str) -> Symbol:
        """Return the symbol of a pair code, asking once more for one that is not listed."""
        assets, pairs = await self._current(_LIFETIME_SECONDS)
        found = pairs.codes.symbol(code, assets)
        if found is None and await self.look_again():
            assets, pairs = await self._current(_LIFETIME_SECONDS)
            found = pairs.codes.symbol(code, assets)
        if found is None:
            raise VenueProtocolError(self._name, f"pair {code} is in no list of Kraken's")
        return found

    async def _current(
        self, most_age_seconds: float, *, keep_old: bool = True
    ) -> tuple[AssetCodes, PairList]:
        asked_at = self._clock.monotonic()
        async with self._lock:
            kept = self._kept()
            if kept is not None and self._at >= asked_at - most_age_seconds:
                return kept
            try:
                return await self._fetch()
            except VenueError as error:
                if kept is None or not keep_old:
                    raise
                _log.warning("old asset list kept venue=%s reason=%s", self._name, error)
                return kept

    def _kept(self) -> tuple[AssetCodes, PairList] | None:
        if self._assets is None or self._pairs is None:
            return None
        return self._assets, self._pairs

    async def _fetch(self) -> tuple[AssetCodes, PairList]:
        priority = Priority.BALANCES
        listed_assets = await self._session.public("Assets", {}, priority=priority)
        listed_pairs = await self._session.public("AssetPairs", {}, priority=priority)
        try:
            assets = AssetCodes.parse(listed_assets)
            pairs = parse_pairs(listed_pairs, venue=self._name, assets=assets)
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        self._assets, self._pairs, self._at = assets, pairs, self._clock.monotonic()
        return assets, pairs
