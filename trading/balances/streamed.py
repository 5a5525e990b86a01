"""Keeps one account book true by what the venue's stream pushes.

A baseline is judged like any answer. What follows it came in sequence, with the venue's own
ledger row behind each change, and is believed at once: it is readable when `pushed` returns.
Nothing here waits for the store: a task of its own writes down what changed, now and then.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.balances.account import AccountBook
from trading.balances.provenance import Believed, Questioned, Verdict
from trading.balances.reservations import Reservations
from trading.balances.saving import BalanceSaver
from trading.balances.stream_life import Instant
from trading.balances.synchroniser import Synchroniser
from trading.clock import Clock
from trading.errors import BalanceError, VenueError
from trading.model.balance import BalanceSnapshot
from trading.model.identifiers import ClientOrderId
from trading.venues.port import Priority
from trading.venues.streaming import AccountPushed

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPacing:
    """How often things are done beside the stream, in seconds."""

    tick: float = 0.5
    save: float = 5.0
    """What changed is written down at most so often."""
    touch: float = 60.0
    """That nothing changed is written down at most so often."""
    reread: float = 10.0
    """A lost stream has the venue asked at once, but not more often than this."""
    rejudge: float = 15.0
    """A baseline in question is judged again so often."""


STREAM_PACING = StreamPacing()


class StreamedAccount:
    """Hears of one account; `run` is its owned task."""

    def __init__(
        self,
        *,
        book: AccountBook,
        synchroniser: Synchroniser,
        saver: BalanceSaver,
        reservations: Reservations,
        clock: Clock,
        pacing: StreamPacing = STREAM_PACING,
    ) -> None:
        """Take the parts; nothing is heard before the venue's stream runs."""
        self._book = book
        self._venue = book.venue
        self._sync = synchroniser
        self._saver = saver
        self._reservations = reservations
        self._clock = clock
        self._pacing = pacing
        self._levels = _Levels(lag_seconds=book.life.limits.lag_seconds)
        self._opened_mark: int | None = None
        """What was known by then, the next baseline shows: it is asked for later."""
        self._pending: _Pending | None = None
        self._is_changed = False
        self._wants_answer = False
        self.news = 0
        """Grows with every baseline and every change that came."""

    @property
    def is_live(self) -> bool:
        """True while in sequence from a believed baseline on, and heard of lately."""
        return self._book.life.is_live(self._sync.instant())

    # --- what the listener hears; all of it returns at once -------------------------------------

    def opening(self) -> None:
        """Note that a stream is about to be opened: from now on accounts may be pushed."""
        self._reservations.follow_stream(self._venue)
        if self._opened_mark is None:
            self._opened_mark = self._reservations.mark()

    def pushed(self, pushed: AccountPushed) -> None:
        """Hear the whole account."""
        snapshot = pushed.snapshot
        at = Instant(now=snapshot.received_at, monotonic=snapshot.received_monotonic)
        if pushed.is_baseline:
            self._pending = _Pending(baseline=snapshot, newest=snapshot, sign=at)
            if self._book.question is None:
                self._take(self._sync.judge_alone(snapshot), self._pending)
        elif self._pending is not None:
            self._pending.newest, self._pending.sign = snapshot, at
        elif self._book.life.is_open:
            self._push(pushed.snapshot)
        else:
            _log.warning("account pushed without a baseline, ignored venue=%s", self._venue)

    def confirmed(self, at: datetime, monotonic: float) -> None:
        """Hear a sign of life: what was pushed still holds."""
        if self._pending is not None:
            self._pending.sign = Instant(now=at, monotonic=monotonic)
        elif self._book.life.is_open:
            self._book.sign(Instant(now=at, monotonic=monotonic))
            self._reservations.stream_is_past(self._venue, self._known_by(monotonic))

    def lost(self, reason: str) -> None:
        """Hear that what was pushed is confirmed no more."""
        if self._book.life.is_open or self._pending is not None:
            _log.warning("account stream lost venue=%s reason=%s", self._venue, reason)
            self._wants_answer = True
        self._book.life.lose()
        self._pending = None
        if self._opened_mark is None:
            self._opened_mark = self._reservations.mark()

    def shows_order(self, client_order_id: ClientOrderId, filled: Decimal) -> None:
        """Hear how much of an order of ours has filled, as the stream tells it."""
        self._reservations.shown_by_stream(client_order_id, filled)

    # --- the owned task -------------------------------------------------------------------------

    async def run(self) -> None:
        """Write down, ask and judge again beside the stream, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_saved())
            group.create_task(self._keep_judged())

    async def _keep_saved(self) -> None:
        touched = self._clock.monotonic()
        saved = touched - self._pacing.save
        while True:
            await self._clock.sleep(self._pacing.tick)
            now = self._clock.monotonic()
            is_due = self._is_changed and now - saved >= self._pacing.save
            if is_due or now - touched >= self._pacing.touch:
                saved = touched = now
                await self._save()

    async def _save(self) -> None:
        self._is_changed = False
        try:
            await self._saver.save_pushed()
        finally:
            self._is_changed = self._is_changed or self._book.is_unsaved

    async def _keep_judged(self) -> None:
        asked: float | None = None
        while True:
            await self._clock.sleep(self._pacing.tick)
            await self._judge_pending()
            now = self._clock.monotonic()
            if not self._book.rests_on_stream:
                # No later baseline will be behind this: nothing of it need be remembered.
                self._reservations.stream_is_past(self._venue, self._known_by(now))
            if self._wants_answer and (asked is None or now - asked >= self._pacing.reread):
                asked = now
                self._wants_answer = False
                await self._ask()

    async def _judge_pending(self) -> None:
        pending, now = self._pending, self._clock.monotonic()
        if pending is None or now < pending.judge_at:
            return
        pending.judge_at = now + self._pacing.rejudge
        async with self._sync.judging:
            verdict = await self._sync.judge(pending.baseline)
            if self._pending is not pending:
                return
            if isinstance(verdict, Questioned):
                await self._sync.doubt(verdict)
            else:
                await self._sync.settled(lambda: self._take(verdict, pending))

    async def _ask(self) -> None:
        """Rest on an answer as soon as the stream is lost; the job asks on if that fails."""
        try:
            await self._sync.sync(Priority.BALANCES)
        except (VenueError, BalanceError) as error:
            _log.warning("no answer after a lost stream venue=%s error=%s", self._venue, error)

    # --- changes of the book --------------------------------------------------------------------

    def _take(self, verdict: Verdict, pending: _Pending) -> None:
        """Go live on a baseline that is believed, and on what has followed it since."""
        if not isinstance(verdict, Believed):
            return
        self._pending = None
        mark = self._reservations.mark()
        self._book.begin_stream(verdict, pending.baseline, mark=mark, at=pending.sign)
        self._levels.reach(self._opened_mark or 0)
        self._opened_mark = None
        self._push(pending.newest)
        self._book.sign(pending.sign)
        self.news += 1
        self._is_changed = True

    def _push(self, snapshot: BalanceSnapshot) -> None:
        mark = self._reservations.mark()
        at = Instant(now=snapshot.received_at, monotonic=snapshot.received_monotonic)
        if self._book.push(snapshot, mark=mark, at=at):
            self.news += 1
            self._is_changed = True
        self._reservations.rest_on(self._venue, stream=True)
        self._reservations.stream_is_past(self._venue, self._known_by(at.monotonic))

    def _known_by(self, monotonic: float) -> int:
        """Return a mark: no live stream is so late that it does not show what came before."""
        return self._levels.reached(monotonic, self._reservations.mark)


@dataclass(slots=True, kw_only=True)
class _Pending:
    """A baseline in question, and the account as it has been pushed since."""

    baseline: BalanceSnapshot
    newest: BalanceSnapshot
    sign: Instant
    judge_at: float = 0.0


class _Levels:
    """Marks of a second apart, to find the one that lies the furthest possible lag behind."""

    def __init__(self, *, lag_seconds: float) -> None:
        self._lag = lag_seconds
        self._marks: deque[tuple[float, int]] = deque()
        self._reached = 0

    def reach(self, mark: int) -> None:
        """Take a mark that a baseline shows whatever its age."""
        self._reached = max(self._reached, mark)

    def reached(self, monotonic: float, next_mark: Callable[[], int]) -> int:
        if not self._marks or monotonic - self._marks[-1][0] >= 1.0:
            self._marks.append((monotonic, next_mark()))
        while self._marks and self._marks[0][0] <= monotonic - self._lag:
            self._reached = max(self._reached, self._marks.popleft()[1])
        return self._reached
