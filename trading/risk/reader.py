"""Values a venue for the risk limits: whole and fresh, or not at all."""

from __future__ import annotations

from typing import Protocol

from trading.clock import Clock
from trading.errors import BalanceError
from trading.model.identifiers import Asset, VenueName
from trading.model.valuation import Valuation
from trading.risk.order_risk import UnitPrices
from trading.risk.performance import Reading
from trading.risk.reading import reading_of

_LOOK_AGAIN_SECONDS = 1.0
"""A price that jumped is believed when a second look agrees: so long after the first."""


class Valuer(Protocol):
    """What is asked of the balances."""

    async def nav(self, venue: VenueName) -> Valuation: ...


class Reader:
    """Asks for a valuation and takes it only with every price that there should be."""

    def __init__(self, *, valuer: Valuer, pricing: UnitPrices, clock: Clock) -> None:
        """Take whom to ask."""
        self._valuer = valuer
        self._pricing = pricing
        self._clock = clock

    async def read(self, venue: VenueName) -> tuple[Reading, tuple[str, ...]] | str:
        """Return a reading with what is left out of it, or why there is none."""
        valuation, missing = await self._value(venue)
        if missing:
            await self._clock.sleep(_LOOK_AGAIN_SECONDS)
            valuation, missing = await self._value(venue)
        if isinstance(valuation, str):
            return valuation
        if missing:
            return "prices are missing: " + "; ".join(valuation.unpriced)
        return reading_of(valuation), valuation.unpriced

    async def _value(self, venue: VenueName) -> tuple[Valuation | str, frozenset[Asset]]:
        """Return the valuation, or why there is none, and what should have a price and has not.

        What the venue lists no way to price cannot be part of any figure: it is left out.
        """
        try:
            valuation = await self._valuer.nav(venue)
        except BalanceError as error:
            return str(error), frozenset()
        if not valuation.status.verified:
            problems = "; ".join(valuation.status.problems)
            return f"balances are not verified: {problems}", frozenset()
        unpriced = {line.asset for line in valuation.lines if line.price is None}
        if not unpriced:
            return valuation, frozenset()
        return valuation, await self._pricing.priceable(venue, unpriced, valuation.base)
