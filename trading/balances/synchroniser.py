"""Asks a venue for its balances, questions the answer, keeps and writes down what stands up.

While a live stream pushes the account, an answer is its referee: it must stand up to questions,
and then bears out what was pushed, which stays in place, since it is as new or newer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from trading.balances.account import AccountBook
from trading.balances.evidence import EvidenceGatherer
from trading.balances.ports import SettingsStore
from trading.balances.provenance import (
    NO_EVIDENCE,
    NOTHING_ACCEPTED,
    Acceptance,
    Believed,
    Questioned,
    Verdict,
    judge,
    lost_assets,
)
from trading.balances.reservations import Reservations
from trading.balances.saving import BalanceSaver
from trading.balances.shared_calls import SharedCalls
from trading.balances.stream_life import Instant
from trading.clock import Clock
from trading.errors import (
    BalanceUnknown,
    BalanceUnverified,
    VenueError,
    VenueUnavailable,
)
from trading.events import BalancesQuestioned, BalancesVerified, EventBus
from trading.model.balance import BalanceReading, BalanceSnapshot, VenueBalances
from trading.model.identifiers import Asset
from trading.venues.port import Priority, VenueAdapter

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One read under way: its mark, and what the owner accepts in its answer."""

    mark: int
    priority: Priority
    accepted: Acceptance


class Synchroniser:
    """Keeps one account book true."""

    def __init__(
        self,
        *,
        adapter: VenueAdapter,
        book: AccountBook,
        saver: BalanceSaver,
        settings: SettingsStore,
        evidence: EvidenceGatherer,
        reservations: Reservations,
        clock: Clock,
        bus: EventBus,
        timeout_seconds: float,
    ) -> None:
        """Take the parts; nothing is read before `start`."""
        self._adapter = adapter
        self._venue = adapter.name
        self._book = book
        self._saver = saver
        self._settings = settings
        self._evidence = evidence
        self._reservations = reservations
        self._clock = clock
        self._bus = bus
        self._timeout = timeout_seconds
        self._calls: SharedCalls[Priority, VenueBalances] = SharedCalls()
        self.judging = asyncio.Lock()
        """Held from a verdict until it is acted upon."""
        self._empty_accepted = False

    async def start(self) -> None:
        """Load what an earlier run wrote down."""
        await self._saver.load()
        self._empty_accepted = await self._settings.get(self._empty_key) is not None

    async def sync(self, priority: Priority) -> VenueBalances:
        """Ask now; everyone who asks in the meantime shares the next request."""
        return await self._calls.later(priority, lambda: self._read(priority, Acceptance()))

    async def join(self) -> VenueBalances:
        """Take the answer of the request under way, or ask now."""
        priority = Priority.BALANCES
        return await self._calls.current(priority, lambda: self._read(priority, Acceptance()))

    async def accept(self, by: str) -> VenueBalances:
        """Ask again and believe it, as far as it leaves open only what the owner was told."""
        question = self._book.question
        if question is None:
            return await self.sync(Priority.BALANCES)
        if question.empty_account:
            await self._settings.put(self._empty_key, f"{by} at {self._clock.now().isoformat()}")
            self._empty_accepted = True
        accepted = Acceptance(assets=frozenset(question.suspects))
        _log.info(
            "balances accepted venue=%s by=%s assets=%s empty=%s",
            self._venue,
            by,
            ",".join(sorted(accepted.assets)) or "none",
            question.empty_account,
        )
        return await self._read(Priority.BALANCES, accepted)

    def view(self) -> VenueBalances:
        """Return everything as it stands now."""
        return self._book.view(self.instant(), self._reservations.reserved(self._venue))

    def reading(self, asset: Asset) -> BalanceReading | None:
        """Return one reading as it stands now."""
        return self._book.reading(asset, self.instant())

    def is_streamed(self) -> bool:
        """True while balances are pushed, and a referee stands behind them."""
        return self._book.is_streamed(self.instant())

    def wants_answer(self, *, every_seconds: float) -> bool:
        """True unless a live stream needs no referee yet."""
        age = self._book.life.referee_age(self.instant())
        is_young = age is not None and age < every_seconds
        return not (self.is_streamed() and is_young and self._book.question is None)

    @property
    def _empty_key(self) -> str:
        return f"balances.{self._venue}.empty_account_accepted"

    def instant(self) -> Instant:
        """Read both clocks."""
        return Instant(now=self._clock.now(), monotonic=self._clock.monotonic())

    async def _read(self, priority: Priority, accepted: Acceptance) -> VenueBalances:
        request = _Request(mark=self._reservations.mark(), priority=priority, accepted=accepted)
        try:
            async with asyncio.timeout(self._timeout):
                snapshot = await self._adapter.fetch_balances(priority=priority)
        except TimeoutError:
            late = VenueUnavailable(
                self._venue,
                f"no answer about balances within {self._timeout:g} s; "
                "what was known stays in place, unverified once it is too old",
            )
            self._book.fail(str(late), at=self.instant())
            raise late from None
        except VenueError as error:
            self._book.fail(str(error), at=self.instant())
            raise
        async with self.judging:
            return await self._settle(request, snapshot)

    async def _settle(self, request: _Request, snapshot: BalanceSnapshot) -> VenueBalances:
        verdict = None
        if request.mark >= self._book.mark:
            verdict = await self.judge(snapshot, request.accepted)
        is_live = self._book.life.is_live(self.instant())
        if verdict is None or request.mark < self._book.mark:
            # Overtaken: a later request was answered first, or the stream has pushed since then.
            if is_live and not lost_assets(self._book.raw_readings, snapshot):
                await self.settled(lambda: self._referee(snapshot, request.mark))
                await self._saver.save_pushed()
            return self.view()
        match verdict:
            case Questioned() as question:
                raise await self.doubt(question)
            case Believed() if is_live and not request.accepted.assets:
                await self.settled(lambda: self._referee(snapshot, request.mark))
                await self._saver.save_pushed()
            case Believed():
                await self.settled(lambda: self._believe(verdict, snapshot, request.mark))
                await self._saver.save(snapshot.received_at)
        return self.view()

    def judge_alone(self, snapshot: BalanceSnapshot) -> Verdict:
        """Return the verdict on what can be said without asking anybody."""
        accepted = Acceptance(empty_account=self._empty_accepted)
        return judge(self._book.raw_readings, snapshot, NO_EVIDENCE, accepted)

    async def judge(
        self, snapshot: BalanceSnapshot, accepted: Acceptance = NOTHING_ACCEPTED
    ) -> Verdict:
        """Return the verdict on an answer, or on the baseline of a stream."""
        previous = self._book.raw_readings
        accepted = Acceptance(assets=accepted.assets, empty_account=self._empty_accepted)
        verdict = judge(previous, snapshot, NO_EVIDENCE, accepted)
        if isinstance(verdict, Believed) or verdict.empty_account:
            return verdict
        lost = lost_assets(previous, snapshot)
        evidence = await self._evidence.own(previous, lost, self._adapter)
        verdict = judge(previous, snapshot, evidence, accepted)
        if isinstance(verdict, Believed):
            return verdict
        evidence = await self._evidence.with_ledger(evidence, previous, lost, self._adapter)
        return judge(previous, snapshot, evidence, accepted)

    async def doubt(self, question: Questioned) -> BalanceUnknown | BalanceUnverified:
        """Note and tell what an answer leaves open; return what to raise for it."""
        text = f"{self._venue}: {'; '.join(question.problems)}"
        if self._book.doubt(question, at=self.instant()):
            _log.warning("balances questioned venue=%s problems=%s", self._venue, text)
            await self._bus.publish(
                BalancesQuestioned(venue=self._venue, problems=question.problems, acceptable=True)
            )
        return BalanceUnknown(text) if question.empty_account else BalanceUnverified(text)

    async def settled(self, change: Callable[[], None]) -> None:
        """Make a change that may clear a doubt, and tell when it did."""
        was_questioned = self._book.question is not None
        change()
        if was_questioned and self._book.question is None:
            await self._bus.publish(BalancesVerified(venue=self._venue))

    def _believe(self, verdict: Believed, snapshot: BalanceSnapshot, mark: int) -> None:
        self._book.believe(verdict, snapshot, mark=mark, at=self.instant())
        self._reservations.rest_on(self._venue, stream=False)
        self._reservations.observed(self._venue, mark)

    def _referee(self, snapshot: BalanceSnapshot, mark: int) -> None:
        self._book.refereed(snapshot, mark=mark, at=self.instant())
        self._reservations.observed(self._venue, mark)
