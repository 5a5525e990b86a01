"""From a valuation to what the limits are held against. Pure."""

from __future__ import annotations

from datetime import timedelta

from trading.model.risk import VenuePerformance
from trading.model.valuation import Valuation
from trading.risk.limits import Standing
from trading.risk.performance import Holding, Reading


def reading_of(valuation: Valuation) -> Reading:
    """Return what has a price; whoever asks has made sure that nothing else may be missing."""
    age = timedelta(seconds=valuation.status.age_seconds or 0.0)
    priced = [(line, line.price) for line in valuation.lines if line.price is not None]
    foreign = [price.as_of for line, price in priced if line.asset != valuation.base]
    return Reading(
        venue=valuation.venue,
        base=valuation.base,
        holdings={
            line.asset: Holding(total=line.total, price=price.value) for line, price in priced
        },
        balances_at=valuation.at - age,
        prices_at=min(foreign, default=valuation.at),
        at=valuation.at,
        source=str(valuation.status.source),
    )


def standing_of(reading: Reading, performance: VenuePerformance) -> Standing:
    """Return the figures that limits are on."""
    return Standing(
        daily_loss=performance.daily_loss,
        drawdown=performance.drawdown,
        exposures=reading.shares(),
        as_of=reading.at,
    )


def not_standing(why: str) -> Standing:
    """Return that nothing is known, and why."""
    return Standing(daily_loss=None, drawdown=None, exposures={}, as_of=None, why=why)
