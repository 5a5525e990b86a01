"""Prices as venues tell them: two sides at a moment, or the fault in their place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.errors import VenueError, VenueProtocolError, VenueUnavailable
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Price
from trading.venues.decoding import Malformed


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When an answer was received, on both clocks."""

    at: datetime
    monotonic: float


def mid_price(
    bid: Decimal, ask: Decimal, *, venue: VenueName, symbol: Symbol, moment: Moment
) -> Price:
    """Return the mid of best bid and best ask; an empty or crossed side is no price."""
    if bid <= 0 or ask <= 0:
        raise VenueUnavailable(venue, f"{symbol} has no bid or no ask now")
    if bid >= ask:
        raise VenueProtocolError(venue, f"{symbol}: the bid {bid} is not below the ask {ask}")
    return Price(
        venue=venue,
        symbol=symbol,
        value=(bid + ask) / 2,
        as_of=moment.at,
        as_of_monotonic=moment.monotonic,
        bid=bid,
        ask=ask,
    )


def failure_of(error: Malformed | VenueError, venue: VenueName) -> VenueError:
    """Return what stands in the place of a price or book that could not be had."""
    return error if isinstance(error, VenueError) else VenueProtocolError(venue, str(error))
