"""Risk limits against how a venue stands: how much of each is used. Pure.

Loss and drawdown are of the time-weighted growth (`trading.risk.performance`), so that money put
in or taken out is neither. What is not known is never taken for a breach, nor for its absence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.model.identifiers import Asset
from trading.model.risk import LimitName, LimitUse, RiskLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a venue stands; None is not known, then `why` says why."""

    daily_loss: Decimal | None
    drawdown: Decimal | None
    exposures: Mapping[Asset, Decimal]
    """Value of each asset but the base currency, as a fraction of the whole."""
    as_of: datetime | None
    why: str | None = None


def uses(limits: RiskLimits, standing: Standing) -> tuple[LimitUse, ...]:
    """Return how much of each limit on a venue as a whole is used; those that are off are not."""
    found = []
    for name, value, limit in (
        (LimitName.DRAWDOWN, standing.drawdown, limits.max_drawdown),
        (LimitName.DAILY_LOSS, standing.daily_loss, limits.max_daily_loss),
    ):
        if limit is not None:
            found.append(_use(limits, standing, name, value, limit))
    return (*found, *_exposures(limits, standing))


def _exposures(limits: RiskLimits, standing: Standing) -> tuple[LimitUse, ...]:
    """The largest use first; an asset that is not held uses nothing and is not named."""
    found = []
    for asset, share in standing.exposures.items():
        limit = limits.exposure_limit(asset)
        if limit is not None:
            found.append(_use(limits, standing, LimitName.EXPOSURE, share, limit, subject=asset))
    return tuple(sorted(found, key=lambda each: (-(each.use or Decimal(0)), each.key)))


def _use(
    limits: RiskLimits,
    standing: Standing,
    name: LimitName,
    value: Decimal | None,
    limit: Decimal,
    *,
    subject: Asset | None = None,
) -> LimitUse:
    return LimitUse(
        name=name,
        subject=subject,
        value=value,
        limit=limit,
        action=limits.action(name),
        as_of=standing.as_of,
        why=None if value is not None else standing.why,
    )
