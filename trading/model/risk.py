"""Risk limits as values: what is limited, how much of a limit is used, what happens at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.model.identifiers import Asset, VenueName


class LimitName(StrEnum):
    """The limits, by their names in the configuration."""

    ORDER_NOTIONAL = "max_order_notional"
    PRICE_DEVIATION = "max_price_deviation"
    ORDERS_PER_MINUTE = "max_orders_per_minute"
    EXPOSURE = "max_exposure"
    DAILY_LOSS = "max_daily_loss"
    DRAWDOWN = "max_drawdown"


class LimitAction(StrEnum):
    """What happens at a limit."""

    DENY = "deny"
    """The order is refused; nothing else changes."""
    REDUCING = "reducing"
    """Only orders that reduce exposure go on, until the owner resumes."""
    HALTED = "halted"
    """Nothing new, until the owner resumes."""


DEFAULT_ACTIONS: Mapping[LimitName, LimitAction] = {
    LimitName.ORDER_NOTIONAL: LimitAction.DENY,
    LimitName.PRICE_DEVIATION: LimitAction.DENY,
    LimitName.ORDERS_PER_MINUTE: LimitAction.DENY,
    LimitName.EXPOSURE: LimitAction.DENY,
    LimitName.DAILY_LOSS: LimitAction.REDUCING,
    LimitName.DRAWDOWN: LimitAction.HALTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLimits:
    """What the owner allows; None is no such limit. Fractions, but for the notional."""

    max_order_notional: Decimal | None = None
    """In the venue's base currency."""
    max_price_deviation: Decimal | None = None
    """How far beyond the middle of the market a limit price may lie, on the side that costs."""
    max_orders_per_minute: int | None = None
    """Of one venue."""
    max_exposure: Decimal | None = None
    """Of one asset, as a fraction of the venue's net asset value."""
    exposure_of: Mapping[Asset, Decimal] = field(default_factory=dict)
    """The same for single assets, instead of the common one."""
    max_daily_loss: Decimal | None = None
    max_drawdown: Decimal | None = None
    warn_at: Decimal = Decimal("0.8")
    """The owner is warned once this fraction of a limit is used."""
    actions: Mapping[LimitName, LimitAction] = field(default_factory=lambda: DEFAULT_ACTIONS)

    def exposure_limit(self, asset: Asset) -> Decimal | None:
        """Return how much of the whole one asset may be; None where nothing limits it."""
        return self.exposure_of.get(asset, self.max_exposure)

    @property
    def limits_exposure(self) -> bool:
        """True where any asset is limited."""
        return self.max_exposure is not None or bool(self.exposure_of)

    def action(self, name: LimitName) -> LimitAction:
        """Return what happens at a limit."""
        return self.actions.get(name, DEFAULT_ACTIONS[name])


NO_LIMITS = RiskLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUse:
    """How much of one limit is used; fractions, amounts or counts as the limit has them."""

    name: LimitName
    subject: Asset | None
    """The asset, where the limit is one for each."""
    value: Decimal | None
    """None: not known, then `why` says why."""
    limit: Decimal
    action: LimitAction
    as_of: datetime | None = None
    why: str | None = None
    trips_again_at: Decimal | None = None
    """Breached, and the owner resumed all the same: the value at which it trips once more."""

    @property
    def key(self) -> str:
        """Return its name, with the asset where there is one."""
        return self.name.value if self.subject is None else f"{self.name.value} {self.subject}"

    @property
    def use(self) -> Decimal | None:
        """Return the value as a fraction of the limit."""
        return None if self.value is None else self.value / self.limit

    @property
    def is_breached(self) -> bool:
        """True at the limit and beyond; never where the value is not known."""
        return self.value is not None and self.value >= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSum:
    """What came in and went out without being a gain or a loss; in the base currency."""

    deposits: Decimal = Decimal(0)
    withdrawals: Decimal = Decimal(0)
    """As a positive amount."""
    count: int = 0

    @property
    def net(self) -> Decimal:
        """What came in, less what went out."""
        return self.deposits - self.withdrawals


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """Time-weighted returns as fractions; None where the series does not reach back so far."""

    day: Decimal | None
    week: Decimal | None
    month: Decimal | None
    whole: Decimal | None
    began_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenuePerformance:
    """How one venue has done; money in its base currency, flows taken out of every comparison."""

    nav: Decimal
    growth: Decimal
    """What one unit of money put in at the beginning has become."""
    peak: Decimal
    """The highest growth there was."""
    peak_at: datetime
    day_growth: Decimal
    """The growth at the day's first reading."""
    day_nav: Decimal
    day_at: datetime
    began_at: datetime

    @property
    def drawdown(self) -> Decimal:
        """Return how far it is below its peak, as a fraction; never negative."""
        return max(Decimal(0), 1 - self.growth / self.peak)

    @property
    def daily_loss(self) -> Decimal:
        """Return what the day has lost so far, as a fraction; never negative."""
        return max(Decimal(0), 1 - self.growth / self.day_growth)

    @property
    def peak_nav(self) -> Decimal:
        """Return what today's money would be worth at the peak."""
        return self.nav * self.peak / self.growth


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRisk:
    """One look at a venue: its figures and how much of each limit they use."""

    venue: VenueName
    base: Asset
    at: datetime
    performance: VenuePerformance | None
    """As last judged; None while it never could be."""
    judged_at: datetime | None
    problem: str | None
    """Why nothing was judged at this look; None when it was."""
    uses: tuple[LimitUse, ...]
    source: str | None = None
    """Where the balances came from."""
    balances_at: datetime | None = None
    prices_at: datetime | None = None
    notes: tuple[str, ...] = ()
    """What is left out, and what is waited for."""
