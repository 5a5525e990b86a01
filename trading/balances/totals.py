"""Several venues added up in one currency; what is not known is named, never left out unsaid."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from trading.balances.ports import PriceSource
from trading.errors import BalanceError, PriceError, VenueError
from trading.model.identifiers import Asset, VenueName
from trading.model.valuation import Valuation, VenueShare

Value = Callable[[], Awaitable[Valuation]]
"""Values the venue in its own currency."""


async def venue_share(
    venue: VenueName, base: Asset, value: Value, prices: PriceSource, within_seconds: float
) -> VenueShare:
    """Return what a venue adds to the whole; one that keeps us waiting is named as unknown."""
    try:
        async with asyncio.timeout(within_seconds):
            valuation = await value()
    except (BalanceError, VenueError) as error:
        return _unknown(venue, str(error))
    except TimeoutError:
        return _unknown(venue, f"{venue}: no prices within {within_seconds:g} s")
    try:
        async with asyncio.timeout(within_seconds):
            rate = await prices.rate(venue, valuation.base, base)
    except TimeoutError:
        rate = PriceError(f"{valuation.base}: no price in {base} within {within_seconds:g} s")
    unpriced = tuple(f"{venue}: {line}" for line in valuation.unpriced)
    if isinstance(rate, PriceError):
        missing = (f"{venue}: {rate}", *unpriced)
        return VenueShare(venue=venue, valuation=valuation, rate=None, value=None, missing=missing)
    return VenueShare(
        venue=venue,
        valuation=valuation,
        rate=rate,
        value=valuation.priced_value * rate.value,
        missing=unpriced,
    )


def _unknown(venue: VenueName, why: str) -> VenueShare:
    return VenueShare(venue=venue, valuation=None, rate=None, value=None, missing=(why,))
