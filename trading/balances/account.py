"""What is known of one venue's balances at this moment; holds state, does no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum

from trading.balances.provenance import Believed, Questioned
from trading.model.balance import (
    BalanceReading,
    BalanceSnapshot,
    BalanceSource,
    BalanceStatus,
    VenueBalances,
)
from trading.model.identifiers import Asset, VenueName

_ZERO = Decimal(0)


class _Trust(IntEnum):
    """Sources from the strongest to the weakest."""

    STREAM = 0
    EXCHANGE = 1
    CACHE = 2
    FALLBACK = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """Both clocks, read together."""

    now: datetime
    monotonic: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The last read that brought nothing."""

    text: str
    at: Instant


class AccountBook:
    """The readings of one venue with what is wrong with them."""

    def __init__(self, *, venue: VenueName, freshness_seconds: float) -> None:
        """Start knowing nothing."""
        self.venue = venue
        self._freshness = freshness_seconds
        self._readings: Mapping[Asset, BalanceReading] = {}
        self._held_elsewhere: Mapping[str, Decimal] = {}
        self._snapshot: BalanceSnapshot | None = None
        self._question: Questioned | None = None
        self._questioned_at: datetime | None = None
        self._failure: Failure | None = None
        self._unsaved: str | None = None
        self._verified_since: datetime | None = None
        self.mark = 0
        """The mark of the request whose answer the readings come from."""

    @property
    def raw_readings(self) -> Mapping[Asset, BalanceReading]:
        """The readings as they were believed, whatever their age."""
        return self._readings

    @property
    def question(self) -> Questioned | None:
        """What the venue's newest answer leaves open."""
        return self._question

    @property
    def is_unsaved(self) -> bool:
        """True while what is believed is newer than what is written down."""
        return self._unsaved is not None

    @property
    def is_known(self) -> bool:
        """True once anything was believed, in this run or an earlier one."""
        return bool(self._readings) or self._snapshot is not None

    def restore(self, readings: Iterable[BalanceReading]) -> None:
        """Take what an earlier run wrote down; it may be shown, never traded on."""
        self._readings = {reading.asset: reading for reading in readings}

    def believe(
        self, verdict: Believed, snapshot: BalanceSnapshot, *, mark: int, at: Instant
    ) -> None:
        """Replace everything by a snapshot that stood up to questions."""
        was_verified = self.status(at).verified
        self._readings = verdict.readings
        self._held_elsewhere = snapshot.held_elsewhere
        self._snapshot = snapshot
        self._question = self._questioned_at = self._failure = None
        self.mark = mark
        if not was_verified:
            self._verified_since = at.now

    def doubt(self, question: Questioned, *, at: Instant) -> bool:
        """Keep everything, verify nothing; True when this doubt is news."""
        is_news = question != self._question
        if self._question is None:
            self._questioned_at = at.now
        self._question = question
        self._failure = None
        return is_news

    def fail(self, text: str, *, at: Instant) -> None:
        """Note a read that brought nothing; what is known stays as it is."""
        self._failure = Failure(text=text, at=at)

    def note_saved(self, problem: str | None) -> None:
        """Note whether the readings could be written down."""
        self._unsaved = problem

    def reading(self, asset: Asset, at: Instant) -> BalanceReading | None:
        """Return the reading of one asset as it stands now; None when it is not known.

        An asset that the last believed snapshot of this run does not mention is a proven zero.
        What an earlier run wrote down proves nothing about assets it did not mention.
        """
        reading = self._readings.get(asset)
        if reading is not None:
            return self._as_of_now(reading, at)
        if self._snapshot is None:
            return None
        zero = BalanceReading(
            venue=self.venue,
            asset=asset,
            free=_ZERO,
            locked=_ZERO,
            source=BalanceSource.EXCHANGE,
            verified=True,
            changed_at=self._snapshot.received_at,
            confirmed_at=self._snapshot.received_at,
            confirmed_monotonic=self._snapshot.received_monotonic,
        )
        return self._as_of_now(zero, at)

    def view(self, at: Instant, reserved: Mapping[Asset, Decimal]) -> VenueBalances:
        """Return everything with the verdict on it."""
        return VenueBalances(
            status=self.status(at),
            readings={
                asset: self._as_of_now(reading, at) for asset, reading in self._readings.items()
            },
            held_elsewhere=self._held_elsewhere,
            reserved=reserved,
        )

    def status(self, at: Instant) -> BalanceStatus:
        """Return how far the balances can be trusted now."""
        age = self._age(at)
        verified = self._is_verified(age)
        source = self._weakest(at)
        return BalanceStatus(
            venue=self.venue,
            verified=verified,
            since=self._since(verified=verified),
            source=source,
            fallback_in_use=source is BalanceSource.FALLBACK,
            age_seconds=age,
            problems=self._problems(at, age),
            acceptable=self._question is not None,
        )

    def _age(self, at: Instant) -> float | None:
        if self._snapshot is not None:
            return max(0.0, at.monotonic - self._snapshot.received_monotonic)
        ages = [
            reading.age_seconds(monotonic=at.monotonic, now=at.now)
            for reading in self._readings.values()
        ]
        return max(ages, default=None)

    def _is_verified(self, age: float | None) -> bool:
        return (
            self._snapshot is not None
            and self._question is None
            and age is not None
            and age <= self._freshness
        )

    def _demoted(self) -> BalanceSource:
        """Return what a reading is that cannot be verified now."""
        if self._snapshot is None or self._failure is not None:
            return BalanceSource.FALLBACK
        return BalanceSource.CACHE

    def _weakest(self, at: Instant) -> BalanceSource | None:
        if not self.is_known:
            return None
        sources = [self._as_of_now(reading, at).source for reading in self._readings.values()]
        if not sources:
            return BalanceSource.EXCHANGE if self._is_verified(self._age(at)) else self._demoted()
        return max(sources, key=lambda source: _Trust[source.name])

    def _as_of_now(self, reading: BalanceReading, at: Instant) -> BalanceReading:
        suspect = self._question.suspects.get(reading.asset) if self._question else None
        if self._is_verified(self._age(at)):
            return reading
        return replace(reading, source=self._demoted(), verified=False, suspect=suspect)

    def _since(self, *, verified: bool) -> datetime | None:
        if verified:
            return self._verified_since
        if self._questioned_at is not None:
            return self._questioned_at
        confirmed = [reading.confirmed_at for reading in self._readings.values()]
        if self._snapshot is not None:
            confirmed.append(self._snapshot.received_at)
        if not confirmed:
            return None
        return min(confirmed) + timedelta(seconds=self._freshness)

    def _problems(self, at: Instant, age: float | None) -> tuple[str, ...]:
        problems = list(self._question.problems) if self._question else []
        if self._failure is not None:
            ago = max(0.0, at.monotonic - self._failure.at.monotonic)
            problems.append(f"the last read failed {ago:.0f} s ago: {self._failure.text}")
        if not self.is_known and not problems:
            problems.append("the balances have not been read yet")
        if self._snapshot is None and self._readings:
            problems.append("these are from an earlier run; the venue has not confirmed them")
        elif age is not None and age > self._freshness:
            problems.append(f"last confirmed {age:.0f} s ago, the limit is {self._freshness:g} s")
        if self._unsaved is not None:
            problems.append(self._unsaved)
        return tuple(problems)
