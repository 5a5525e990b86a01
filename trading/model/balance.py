"""Balances with their proof: source, age and verification on every figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.model.identifiers import Asset, VenueName


class BalanceSource(StrEnum):
    """Where a reading comes from (the table in the architecture guide)."""

    STREAM = "stream"
    """Pushed by the venue, in sequence, connection alive."""
    EXCHANGE = "exchange"
    """Asked for and validated."""
    CACHE = "cache"
    """The last verified reading, now older than the limit."""
    FALLBACK = "fallback"
    """The last stored reading, after a restart or with the venue down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueBalance:
    """One asset as a venue states it; amounts in units of the asset."""

    asset: Asset
    free: Decimal
    locked: Decimal

    def __post_init__(self) -> None:
        """Refuse amounts that no spot account can have."""
        for name, amount in (("free", self.free), ("locked", self.locked)):
            if not amount.is_finite() or amount < 0:
                message = f"{self.asset} {name} was {amount}; it must be a number of at least 0"
                raise ValueError(message)

    @property
    def total(self) -> Decimal:
        """Free and locked together."""
        return self.free + self.locked


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceSnapshot:
    """A complete, validated answer of a venue: every spendable asset that it mentions.

    `held_elsewhere` are rows that exist but cannot be spent (staked, earning), by a name that is
    the same however it was read, asked for or pushed.
    """

    venue: VenueName
    balances: Mapping[Asset, VenueBalance]
    received_at: datetime
    received_monotonic: float
    held_elsewhere: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceReading:
    """One balance with its provenance; `total` is always `free + locked`.

    `confirmed_monotonic` is None where this process never saw it confirmed (read from disk).
    """

    venue: VenueName
    asset: Asset
    free: Decimal
    locked: Decimal
    source: BalanceSource
    verified: bool
    changed_at: datetime
    confirmed_at: datetime
    confirmed_monotonic: float | None
    suspect: str | None = None
    """Why the venue's newer word on this asset is not believed; None when nothing is wrong."""

    def __post_init__(self) -> None:
        """Hold the rules: no negative amounts, and only live sources can be verified."""
        VenueBalance(asset=self.asset, free=self.free, locked=self.locked)
        live = self.source in (BalanceSource.STREAM, BalanceSource.EXCHANGE)
        if self.verified and (not live or self.suspect is not None):
            message = f"{self.asset} cannot be verified from {self.source} ({self.suspect=})"
            raise ValueError(message)

    @property
    def total(self) -> Decimal:
        """Free and locked together."""
        return self.free + self.locked

    @property
    def as_of(self) -> datetime:
        """When the amounts were last known to be true."""
        return self.confirmed_at

    def age_seconds(self, *, monotonic: float, now: datetime) -> float:
        """Seconds since it was last known true; by the monotonic clock where there is one."""
        if self.confirmed_monotonic is not None:
            return max(0.0, monotonic - self.confirmed_monotonic)
        return max(0.0, (now - self.confirmed_at).total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceStatus:
    """How far the balances of one venue can be trusted at this moment."""

    venue: VenueName
    verified: bool
    """True when every reading is verified and fresh; orders may rest on them."""
    since: datetime | None
    """Since when the verdict has been what it is; None before the first read."""
    source: BalanceSource | None
    """The weakest source in use; None when nothing is known."""
    fallback_in_use: bool
    age_seconds: float | None
    """Age of the oldest reading; None when nothing is known."""
    problems: tuple[str, ...]
    """In words: the last failure, and each suspect asset with its reason."""
    acceptable: bool = False
    """True where the owner may settle the problems with /refresh accept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueBalances:
    """Every reading of one venue with the verdict on them."""

    status: BalanceStatus
    readings: Mapping[Asset, BalanceReading]
    held_elsewhere: Mapping[str, Decimal]
    reserved: Mapping[Asset, Decimal]
    """What accepted intents will still spend, not locked by the venue yet."""

    def free_to_spend(self, asset: Asset) -> Decimal | None:
        """Verified free less reservations, never below zero; None when unknown."""
        reading = self.readings.get(asset)
        if reading is None:
            return None
        return max(Decimal(0), reading.free - self.reserved.get(asset, Decimal(0)))
