"""Asks a venue for its balances, questions the answer, keeps and writes down what stands up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from storage.records import BalanceRow
from trading.balances.account import AccountBook, Instant
from trading.balances.evidence import EvidenceGatherer
from trading.balances.ports import BalanceStore, SettingsStore
from trading.balances.provenance import (
    NO_EVIDENCE,
    Acceptance,
    Believed,
    Questioned,
    Verdict,
    judge,
    lost_assets,
)
from trading.balances.reservations import Reservations
from trading.balances.shared_calls import SharedCalls
from trading.clock import Clock
from trading.errors import (
    BalanceUnknown,
    BalanceUnverified,
    StorageError,
    VenueError,
    VenueUnavailable,
)
from trading.events import BalancesQuestioned, BalancesVerified, EventBus
from trading.model.balance import BalanceReading, BalanceSnapshot, BalanceSource, VenueBalances
from trading.model.identifiers import Asset, VenueName
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
        store: BalanceStore,
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
        self._store = store
        self._settings = settings
        self._evidence = evidence
        self._reservations = reservations
        self._clock = clock
        self._bus = bus
        self._timeout = timeout_seconds
        self._calls: SharedCalls[Priority, VenueBalances] = SharedCalls()
        self._judging = asyncio.Lock()
        self._empty_accepted = False

    async def start(self) -> None:
        """Load what an earlier run wrote down."""
        rows = await self._store.load(self._venue)
        self._book.restore(_reading(row) for row in rows)
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
        return self._book.view(self._instant(), self._reservations.reserved(self._venue))

    def reading(self, asset: Asset) -> BalanceReading | None:
        """Return one reading as it stands now."""
        return self._book.reading(asset, self._instant())

    @property
    def _empty_key(self) -> str:
        return f"balances.{self._venue}.empty_account_accepted"

    def _instant(self) -> Instant:
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
            self._book.fail(str(late), at=self._instant())
            raise late from None
        except VenueError as error:
            self._book.fail(str(error), at=self._instant())
            raise
        async with self._judging:
            return await self._settle(request, snapshot)

    async def _settle(self, request: _Request, snapshot: BalanceSnapshot) -> VenueBalances:
        if request.mark < self._book.mark:
            return self.view()  # overtaken: a request made after this one was answered first
        match await self._judge(request.accepted, snapshot):
            case Questioned() as question:
                raise await self._doubt(question)
            case Believed() as verdict:
                await self._believe(verdict, snapshot, request.mark)
        return self.view()

    async def _judge(self, accepted: Acceptance, snapshot: BalanceSnapshot) -> Verdict:
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

    async def _doubt(self, question: Questioned) -> BalanceUnknown | BalanceUnverified:
        text = f"{self._venue}: {'; '.join(question.problems)}"
        if self._book.doubt(question, at=self._instant()):
            _log.warning("balances questioned venue=%s problems=%s", self._venue, text)
            await self._bus.publish(
                BalancesQuestioned(venue=self._venue, problems=question.problems, acceptable=True)
            )
        return BalanceUnknown(text) if question.empty_account else BalanceUnverified(text)

    async def _believe(self, verdict: Believed, snapshot: BalanceSnapshot, mark: int) -> None:
        was_questioned = self._book.question is not None
        before = self._book.raw_readings
        self._book.believe(verdict, snapshot, mark=mark, at=self._instant())
        self._reservations.observed(self._venue, mark)
        await self._save(before, verdict.readings, snapshot)
        if was_questioned:
            await self._bus.publish(BalancesVerified(venue=self._venue))

    async def _save(
        self,
        before: Mapping[Asset, BalanceReading],
        after: Mapping[Asset, BalanceReading],
        snapshot: BalanceSnapshot,
    ) -> None:
        """Write down what was believed; what is in memory is true even when this fails."""
        try:
            if self._is_same(before, after):
                await self._store.touch(self._venue, snapshot.received_at)
            else:
                await self._store.replace(self._venue, [_row(r) for r in after.values()])
        except StorageError as error:
            self._book.note_saved(
                f"the balances are good but could not be written down ({error}); a restart "
                "would show older ones until the venue answers"
            )
            _log.warning("balances not saved venue=%s error=%s", self._venue, error)
        except asyncio.CancelledError:
            # It may have been taken back: the next write must not take it for written.
            self._book.note_saved("it is not known whether the balances were written down")
            raise
        else:
            self._book.note_saved(None)

    def _is_same(
        self, before: Mapping[Asset, BalanceReading], after: Mapping[Asset, BalanceReading]
    ) -> bool:
        return (
            not self._book.is_unsaved
            and before.keys() == after.keys()
            and all(
                before[asset].changed_at == reading.changed_at for asset, reading in after.items()
            )
        )


def _row(reading: BalanceReading) -> BalanceRow:
    return BalanceRow(
        venue=reading.venue,
        asset=reading.asset,
        free=reading.free,
        locked=reading.locked,
        source=reading.source.value,
        changed_at=reading.changed_at,
        confirmed_at=reading.confirmed_at,
    )


def _reading(row: BalanceRow) -> BalanceReading:
    return BalanceReading(
        venue=VenueName(row.venue),
        asset=Asset(row.asset),
        free=row.free,
        locked=row.locked,
        source=BalanceSource.FALLBACK,
        verified=False,
        changed_at=row.changed_at,
        confirmed_at=row.confirmed_at,
        confirmed_monotonic=None,
    )
