"""The symbol workflow: data, signal, risk, decision, order, for many symbols at once.

It sends nothing by itself: a weight that a signal moves goes through the one planner at the next
rebalance, and a quantity becomes an order by hand that its owner confirms.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.workflow import WorkflowRepository, WorkflowRow
from trading.clock import Clock
from trading.errors import SteelyardError, StorageError
from trading.intents.manual_model import ManualPreview, ManualRequest, ManualResult, Size
from trading.intents.rebalance_model import OnProgress
from trading.intents.rebalance_runner import VenueAllocation
from trading.intents.signal_reading import Said, SignalReader, SignalRules
from trading.intents.signal_targets import SignalTargets
from trading.intents.workflow_decision import decide_by_hand, decide_by_weight, side_of
from trading.intents.workflow_model import (
    A_FEW,
    Asked,
    Decision,
    Stage,
    SymbolResult,
    SymbolWish,
    Verdict,
    Weights,
    WorkflowRun,
    as_milliseconds,
)
from trading.intents.workflow_rows import as_row, weights_of
from trading.market.service import MarketData, MarketWish, SymbolMarket
from trading.model.denial import Denied
from trading.model.identifiers import CorrelationId, VenueName
from trading.model.market_data import Price
from trading.model.signal import Signal
from trading.portfolio.plan import Plan

_log = logging.getLogger(__name__)


class Planner(Protocol):
    """What it asks of rebalancing."""

    @property
    def allocations(self) -> Mapping[VenueName, VenueAllocation]: ...
    async def look(self, venue: VenueName) -> Plan | Denied: ...


class ByHand(Protocol):
    """What it asks of orders by hand."""

    async def preview(
        self, request: ManualRequest, by: str, correlation_id: CorrelationId
    ) -> ManualPreview | Denied: ...
    async def execute(
        self,
        request: ManualRequest,
        plan_hash: str,
        correlation_id: CorrelationId,
        on_progress: OnProgress | None = None,
    ) -> ManualResult | Denied | ManualPreview: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowParts:
    """Whom the workflow works with."""

    market: MarketData
    reader: SignalReader
    targets: SignalTargets
    planner: Planner
    manual: ByHand
    store: WorkflowRepository
    clock: Clock


@dataclass(slots=True)
class _Track:
    """One symbol on its way through the stages."""

    wish: SymbolWish
    market: SymbolMarket
    seconds: dict[Stage, float]
    said: tuple[Said, ...] = ()
    weights: Weights | None = None
    examined: ManualPreview | Denied | None = None
    plan: Plan | Denied | None = None
    fault: str | None = None
    """What kept its risk from being known."""


class SymbolWorkflow:
    """Many symbols cost what one costs, where the venue's calls and limits allow it."""

    def __init__(self, parts: WorkflowParts) -> None:
        """Take the parts."""
        self._parts = parts

    async def run(
        self, venue: VenueName, wishes: Sequence[SymbolWish], asked: Asked
    ) -> WorkflowRun:
        """Take every symbol through the stages; one that fails does so alone, with its reason."""
        clock = self._parts.clock
        at, started = clock.now(), clock.monotonic()
        rules = self._parts.targets.rules(venue) or SignalRules(bounds={})
        tracks = await self._read(venue, wishes, rules)
        only = rules.strategy if len(wishes) > A_FEW else None
        for track in tracks:
            await self._listen(track, venue, rules, only)
        await self._examine(tracks, venue, asked)
        run_id = f"{at:%y%m%d%H%M%S}-{secrets.token_hex(3)}"
        results = tuple(self._decide(track) for track in tracks)
        rows = [as_row(run_id, venue, result, asked, at) for result in results]
        problems = await self._write(rows)
        return WorkflowRun(
            run_id=run_id,
            venue=venue,
            interval=rules.interval,
            results=results,
            at=at,
            milliseconds=as_milliseconds(clock.monotonic() - started),
            problems=problems,
        )

    async def order(
        self,
        run_id: str,
        request: ManualRequest,
        plan_hash: str,
        asked: Asked,
        on_progress: OnProgress | None = None,
    ) -> ManualResult | Denied | ManualPreview:
        """Send what was confirmed, by hand's one path, and note how long that took."""
        clock = self._parts.clock
        started = clock.monotonic()
        done = await self._parts.manual.execute(
            request, plan_hash, asked.correlation_id, on_progress
        )
        if isinstance(done, ManualResult):
            order, spent = done.order, as_milliseconds(clock.monotonic() - started)
            outcome = f"{order.status} {order.client_order_id}"
            symbol = str(order.intent.symbol)
            try:
                await self._parts.store.ordered(run_id, symbol, order_ms=spent, outcome=outcome)
            except StorageError as error:
                _log.warning("workflow not completed run=%s error=%s", run_id, error)
        return done

    # --- the stages -----------------------------------------------------------------------------

    async def _read(
        self, venue: VenueName, wishes: Sequence[SymbolWish], rules: SignalRules
    ) -> list[_Track]:
        """Data: prices and candles of all of them, asked for at once."""
        clock = self._parts.clock
        count = await self._parts.reader.count()
        started = clock.monotonic()
        found = await self._parts.market.gather(
            venue,
            [wish.symbol for wish in wishes],
            MarketWish(interval=rules.interval, count=count),
        )
        seconds = clock.monotonic() - started
        return [_Track(wish, found[wish.symbol], {Stage.DATA: seconds}) for wish in wishes]

    async def _listen(
        self, track: _Track, venue: VenueName, rules: SignalRules, only: str | None
    ) -> None:
        """Signal: what each strategy says, the one that counts first; the loop gets its turn."""
        await self._parts.clock.sleep(0)
        clock = self._parts.clock
        started = clock.monotonic()
        market = track.market
        candles = market.candles if isinstance(market.price, Price) else market.price
        said = await self._parts.reader.propose(candles, market.symbol, only)
        track.said = tuple(sorted(said, key=lambda each: each.strategy != rules.strategy))
        allocation = self._parts.planner.allocations.get(venue)
        if allocation is not None:
            track.weights = weights_of(market.symbol, allocation.targets, rules, track.said[0])
        track.seconds[Stage.SIGNAL] = clock.monotonic() - started

    async def _examine(self, tracks: Sequence[_Track], venue: VenueName, asked: Asked) -> None:
        """Risk: each quantity is verified as by hand, all weights by one plan of the venue."""
        by_weight = [
            track
            for track in tracks
            if track.wish.quantity is None
            and isinstance(track.said[0], Signal)
            and track.weights is not None
            and track.weights.is_moved
        ]
        async with asyncio.TaskGroup() as group:
            for track in tracks:
                if track.wish.quantity is not None and side_of(track.said[0]) is not None:
                    group.create_task(self._verify(track, venue, asked))
            if by_weight:
                group.create_task(self._plan(by_weight, venue))

    async def _verify(self, track: _Track, venue: VenueName, asked: Asked) -> None:
        side, symbol = side_of(track.said[0]), track.wish.symbol
        if side is None:
            return
        started = self._parts.clock.monotonic()
        request = ManualRequest(
            venue=venue,
            side=side,
            base=symbol.base,
            quote=symbol.quote,
            size=Size(amount=track.wish.quantity),
        )
        try:
            track.examined = await self._parts.manual.preview(
                request, asked.by, asked.correlation_id
            )
        except SteelyardError as error:
            track.fault = str(error)
        track.seconds[Stage.RISK] = self._parts.clock.monotonic() - started

    async def _plan(self, tracks: Sequence[_Track], venue: VenueName) -> None:
        started = self._parts.clock.monotonic()
        plan, fault = None, None
        try:
            plan = await self._parts.planner.look(venue)
        except SteelyardError as error:
            fault = str(error)
        seconds = self._parts.clock.monotonic() - started
        for track in tracks:
            track.plan, track.fault = plan, fault
            track.seconds[Stage.RISK] = seconds

    def _decide(self, track: _Track) -> SymbolResult:
        """Decision: pure, from what the stages before it found."""
        started = self._parts.clock.monotonic()
        if track.fault is not None:
            verdict = Verdict(
                decision=Decision.NONE, reason=f"its risk cannot be known: {track.fault}"
            )
        elif track.wish.quantity is None:
            verdict = decide_by_weight(track.said[0], track.weights, track.plan)
        else:
            verdict = decide_by_hand(track.wish, track.said[0], track.examined)
        track.seconds[Stage.DECISION] = self._parts.clock.monotonic() - started
        price = track.market.price
        return SymbolResult(
            wish=track.wish,
            price=price if isinstance(price, Price) else None,
            said=track.said,
            weights=track.weights,
            verdict=verdict,
            preview=track.examined if isinstance(track.examined, ManualPreview) else None,
            milliseconds={each: as_milliseconds(spent) for each, spent in track.seconds.items()},
        )

    async def _write(self, rows: Sequence[WorkflowRow]) -> tuple[str, ...]:
        try:
            await self._parts.store.add(rows)
        except StorageError as error:
            _log.warning("workflow not written down error=%s", error)
            return (f"this run could not be written down: {error}",)
        return ()
