"""What is known of one venue's balances at this moment; holds state, does no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from trading.balances.provenance import Believed, Questioned, follow
from trading.balances.stream_life import STREAM_LIMITS, Instant, StreamLife, StreamLimits
from trading.model.balance import (
    BalanceReading,
    BalanceSnapshot,
    BalanceSource,
    BalanceStatus,
    VenueBalances,
)
from trading.model.identifiers import Asset, VenueName

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The last read that brought nothing."""

    text: str
    at: Instant


class AccountBook:
    """The readings of one venue with what is wrong with them."""

    def __init__(
        self,
        *,
        venue: VenueName,
        freshness_seconds: float,
        limits: StreamLimits = STREAM_LIMITS,
    ) -> None:
        """Start knowing nothing."""
        self.venue = venue
        self.life = StreamLife(freshness_seconds=freshness_seconds, limits=limits)
        self.rests_on_stream = False
        """True while the readings are what the stream pushed, live or lost."""
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
        """The mark of the request, or of the push, which the readings come from."""

    @property
    def raw_readings(self) -> Mapping[Asset, BalanceReading]:
        """The readings as they were believed, whatever their age.

        What happened after a reading's `confirmed_at` may not be in it: a stream confirms all
        that is older than the furthest that it can be behind.
        """
        confirmed = self.life.confirmed() if self.rests_on_stream else None
        if confirmed is None:
            return self._readings
        sure = confirmed.earlier(self.life.limits.lag_seconds)
        return {
            asset: replace(reading, confirmed_at=sure.now, confirmed_monotonic=sure.monotonic)
            if reading.confirmed_at < sure.now
            else reading
            for asset, reading in self._readings.items()
        }

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
        was_verified = self._is_verified(at)
        self._take(verdict, snapshot, mark)
        self.rests_on_stream = False
        self.life.referee(snapshot.received_monotonic)
        self._settle_doubts(at, was_verified=was_verified)

    def begin_stream(
        self, verdict: Believed, snapshot: BalanceSnapshot, *, mark: int, at: Instant
    ) -> None:
        """Replace everything by a baseline that stood up to questions."""
        was_verified = self._is_verified(at)
        self._take(verdict, snapshot, mark)
        self.rests_on_stream = True
        self.life.begin(at)
        self._settle_doubts(at, was_verified=was_verified)

    def push(self, snapshot: BalanceSnapshot, *, mark: int, at: Instant) -> bool:
        """Take an account that came in sequence; True when anything in it is new."""
        changed = follow(self._readings, snapshot)
        if changed:
            self._readings = {**self._readings, **changed}
        self._held_elsewhere = snapshot.held_elsewhere
        self._snapshot = snapshot
        self.rests_on_stream = True
        self.mark = mark
        self.sign(at)
        return bool(changed)

    def sign(self, at: Instant) -> None:
        """Note a sign of life of the stream: what was pushed still holds."""
        if self.rests_on_stream and not self.life.is_live(at):
            self._verified_since = at.now
        self.life.sign(at)

    def refereed(self, snapshot: BalanceSnapshot, *, mark: int, at: Instant) -> None:
        """Note an answer that bears out what the live stream pushed, which stays in place."""
        was_verified = self._is_verified(at)
        self.mark = max(self.mark, mark)
        self.life.referee(snapshot.received_monotonic)
        self._settle_doubts(at, was_verified=was_verified)

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
        verified = self._is_verified(at)
        source = self._source(at) if self.is_known else None
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

    def is_streamed(self, at: Instant) -> bool:
        """True while the readings are pushed by a live stream, with a referee behind it."""
        return self.rests_on_stream and self.life.is_live(at) and self.life.is_proven(at)

    def _take(self, verdict: Believed, snapshot: BalanceSnapshot, mark: int) -> None:
        self._readings = verdict.readings
        self._held_elsewhere = snapshot.held_elsewhere
        self._snapshot = snapshot
        self.mark = mark

    def _settle_doubts(self, at: Instant, *, was_verified: bool) -> None:
        self._question = self._questioned_at = self._failure = None
        if not was_verified:
            self._verified_since = at.now

    def _confirmed(self) -> Instant | None:
        """Return when the account was last known to be true in this run."""
        if self._snapshot is None:
            return None
        if self.rests_on_stream:
            return self.life.confirmed()
        return Instant(now=self._snapshot.received_at, monotonic=self._snapshot.received_monotonic)

    def _age(self, at: Instant) -> float | None:
        confirmed = self._confirmed()
        if confirmed is not None:
            return max(0.0, at.monotonic - confirmed.monotonic)
        ages = [
            reading.age_seconds(monotonic=at.monotonic, now=at.now)
            for reading in self._readings.values()
        ]
        return max(ages, default=None)

    def _is_verified(self, at: Instant) -> bool:
        confirmed = self._confirmed()
        if confirmed is None or self._question is not None:
            return False
        if self.rests_on_stream and self.life.is_live(at):
            return self.life.is_proven(at)
        return at.monotonic - confirmed.monotonic <= self._freshness

    def _demoted(self) -> BalanceSource:
        """Return what a reading is that cannot be verified now."""
        if self._snapshot is None or self._failure is not None:
            return BalanceSource.FALLBACK
        return BalanceSource.CACHE

    def _source(self, at: Instant) -> BalanceSource:
        if not self._is_verified(at):
            return self._demoted()
        return BalanceSource.STREAM if self.is_streamed(at) else BalanceSource.EXCHANGE

    def _as_of_now(self, reading: BalanceReading, at: Instant) -> BalanceReading:
        confirmed = self._confirmed()
        if confirmed is not None:
            reading = replace(
                reading, confirmed_at=confirmed.now, confirmed_monotonic=confirmed.monotonic
            )
        verified = self._is_verified(at)
        suspect = self._question.suspects.get(reading.asset) if self._question else None
        return replace(reading, source=self._source(at), verified=verified, suspect=suspect)

    def _since(self, *, verified: bool) -> datetime | None:
        if verified:
            return self._verified_since
        if self._questioned_at is not None:
            return self._questioned_at
        confirmed = self._confirmed()
        if confirmed is not None:
            return confirmed.now + timedelta(seconds=self._freshness)
        stored = [reading.confirmed_at for reading in self._readings.values()]
        return min(stored) + timedelta(seconds=self._freshness) if stored else None

    def _problems(self, at: Instant, age: float | None) -> tuple[str, ...]:
        problems = list(self._question.problems) if self._question else []
        if self._failure is not None:
            ago = max(0.0, at.monotonic - self._failure.at.monotonic)
            problems.append(f"the last read failed {ago:.0f} s ago: {self._failure.text}")
        if not self.is_known and not problems:
            problems.append("the balances have not been read yet")
        if self.rests_on_stream and (problem := self.life.problem(at)):
            problems.append(problem)
        if self._snapshot is None and self._readings:
            problems.append("these are from an earlier run; the venue has not confirmed them")
        elif age is not None and age > self._freshness:
            problems.append(f"last confirmed {age:.0f} s ago, the limit is {self._freshness:g} s")
        if self._unsaved is not None:
            problems.append(self._unsaved)
        return tuple(problems)
