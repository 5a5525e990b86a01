"""Looks at every venue's figures, holds them against the limits, and acts at a limit.

Only verified balances and fresh prices are judged. What cannot be read is not judged, and said;
it is never taken for a loss. Acting comes before telling and before writing down.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from storage.performance import LimitStateRow
from trading.clock import Clock
from trading.errors import StorageError
from trading.events import EventBus, OwnerNotice
from trading.model.identifiers import VenueName
from trading.model.risk import LimitAction, LimitUse, RiskLimits, VenueRisk
from trading.model.trading_state import TradingMode, TradingState
from trading.risk import words
from trading.risk.crossings import (
    LimitState,
    News,
    acknowledge,
    demands_more,
    follow,
    trips_again_at,
)
from trading.risk.limits import uses
from trading.risk.order_risk import OrderRisk, UnitPrices
from trading.risk.performance import Reading
from trading.risk.reader import Reader, Valuer
from trading.risk.reading import not_standing, standing_of
from trading.risk.series import VenueSeries

_log = logging.getLogger(__name__)

BY = "risk"


class Gate(Protocol):
    """What is asked of the trading state."""

    @property
    def state(self) -> TradingState: ...
    async def halt(self, reason: str, by: str) -> object: ...
    async def reduce(self, reason: str, by: str) -> object: ...


class LimitStore(Protocol):
    """Where it is remembered which limits were warned of or tripped."""

    async def limit_states(self, venue: str) -> tuple[LimitStateRow, ...]: ...
    async def save_limit_states(self, venue: str, rows: tuple[LimitStateRow, ...]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchParts:
    """Whom the watch works with."""

    valuer: Valuer
    pricing: UnitPrices
    orders: OrderRisk
    gate: Gate
    store: LimitStore
    bus: EventBus
    clock: Clock


class RiskWatch:
    """`look` at each round of the trading loop, and whenever prices have moved far."""

    def __init__(self, *, series: Mapping[VenueName, VenueSeries], parts: WatchParts) -> None:
        """Take the series of each venue; the limits are those of the orders."""
        self._series = dict(series)
        self._parts = parts
        self._reader = Reader(valuer=parts.valuer, pricing=parts.pricing, clock=parts.clock)
        self._readings: dict[VenueName, Reading] = {}
        self._states: dict[VenueName, dict[str, LimitState]] = {venue: {} for venue in series}
        self._unsaved: set[VenueName] = set()
        self._latest: dict[VenueName, VenueRisk] = {}
        self._locks = {venue: asyncio.Lock() for venue in series}
        parts.orders.on_hit = self._order_hit

    @property
    def limits(self) -> RiskLimits:
        """What is in force now."""
        return self._parts.orders.limits

    @property
    def orders(self) -> OrderRisk:
        """The limits on single orders."""
        return self._parts.orders

    @property
    def latest(self) -> Mapping[VenueName, VenueRisk]:
        """The last look at each venue; empty before the first."""
        return self._latest

    def reading(self, venue: VenueName) -> Reading | None:
        """Return what was judged last; None before that."""
        return self._readings.get(venue)

    def series(self, venue: VenueName) -> VenueSeries:
        """Return the series of a venue."""
        return self._series[venue]

    async def start(self) -> None:
        """Load what an earlier process wrote down."""
        for venue, series in self._series.items():
            await series.start()
            for row in await self._parts.store.limit_states(venue):
                self._states[venue][row.limit_key] = LimitState(
                    key=row.limit_key,
                    is_warned=row.is_warned,
                    tripped_at=row.tripped_at,
                    acknowledged=row.acknowledged,
                )

    async def look(self) -> tuple[VenueRisk, ...]:
        """Read, judge and act, every venue at once."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.look_at(venue)) for venue in self._series]
        return tuple(task.result() for task in tasks)

    async def look_at(self, venue: VenueName) -> VenueRisk:
        """Read, judge and act at one venue."""
        async with self._locks[venue]:
            read = await self._reader.read(venue)
            looked = (
                self._not_judged(venue, read)
                if isinstance(read, str)
                else await self._judge(*read)
            )
            self._latest[venue] = looked
            return looked

    async def acknowledge(self, by: str) -> tuple[str, ...]:
        """Let the owner resume in spite of what is breached; return what that is, in words."""
        said = []
        for venue, looked in tuple(self._latest.items()):
            for use in looked.uses:
                state = self._states[venue].get(use.key)
                if state is None or use.action is LimitAction.DENY:
                    continue
                stands = acknowledge(state, use)
                if stands.acknowledged is not None and use.is_breached:
                    self._states[venue][use.key] = stands
                    self._unsaved.add(venue)
                    _log.warning("limit acknowledged venue=%s limit=%s by=%s", venue, use.key, by)
                    shown = replace(use, trips_again_at=trips_again_at(stands, use))
                    said.append(words.standing(venue, shown))
            await self._save(venue)
        return tuple(said)

    def _not_judged(self, venue: VenueName, problem: str) -> VenueRisk:
        """Keep the figures of the last judgement, and say why there is no new one."""
        _log.warning("risk not judged venue=%s reason=%s", venue, problem)
        before = self._latest.get(venue)
        return VenueRisk(
            venue=venue,
            base=self._series[venue].base,
            at=self._parts.clock.now(),
            performance=None if before is None else before.performance,
            judged_at=None if before is None else before.judged_at,
            problem=problem,
            uses=uses(self.limits, not_standing(problem)),
        )

    async def _judge(self, reading: Reading, notes: tuple[str, ...]) -> VenueRisk:
        venue, series = reading.venue, self._series[reading.venue]
        performance = await series.take(reading)
        self._readings[venue] = reading
        found = uses(self.limits, standing_of(reading, performance))
        shown = tuple([await self._follow(venue, use) for use in found])
        self._forget(venue, {use.key for use in found})
        await series.save()
        await self._save(venue)
        while series.told:
            await self._tell(series.told.pop(0), f"unexplained:{venue}:{reading.at.isoformat()}")
        waiting = () if series.waiting is None else (f"not settled: {series.waiting}",)
        return VenueRisk(
            venue=venue,
            base=reading.base,
            at=reading.at,
            performance=performance,
            judged_at=reading.at,
            problem=None,
            uses=shown,
            source=reading.source,
            balances_at=reading.balances_at,
            prices_at=reading.prices_at,
            notes=(*notes, *waiting),
        )

    async def _follow(self, venue: VenueName, use: LimitUse) -> LimitUse:
        """Act on what is new about one limit, and return its use with what is remembered."""
        states, now = self._states[venue], self._parts.clock.now()
        before = states.get(use.key, LimitState(key=use.key))
        state, news = follow(
            before,
            use,
            warn_at=self.limits.warn_at,
            now=now,
            trading=self._parts.gate.state,
        )
        was_halted = self._parts.gate.state.mode is TradingMode.HALTED
        if news in (News.TRIPPED, News.TRIPPED_STILL):
            await self._act(venue, use)
        if state != before:
            states[use.key] = state
            self._unsaved.add(venue)
            _log.warning(
                "limit %s venue=%s limit=%s value=%s", news.value, venue, use.key, use.value
            )
        key = f"risk:{venue}:{use.key}:{news.value}:{now.isoformat()}"
        if news is News.TRIPPED:
            await self._tell(words.breach(venue, use, was_halted=was_halted), key)
        elif news is News.WARNING:
            await self._tell(words.warning(venue, use), key)
        return replace(use, trips_again_at=trips_again_at(state, use) if use.is_breached else None)

    async def _order_hit(self, venue: VenueName, use: LimitUse, what: str) -> None:
        """An order ran into a limit at which more happens than that it is denied."""
        is_news = demands_more(use.action, self._parts.gate.state.mode)
        await self._act(venue, use)
        if is_news:
            key = f"risk:{venue}:{use.key}:{self._parts.clock.now().isoformat()}"
            text = words.breach(venue, use, was_halted=False)
            await self._tell(f"{text} ({what})", key)

    async def _act(self, venue: VenueName, use: LimitUse) -> None:
        """Put in force what the limit demands; what is stricter already stays."""
        match use.action:
            case LimitAction.HALTED:
                await self._parts.gate.halt(words.reason(venue, use), BY)
            case LimitAction.REDUCING:
                await self._parts.gate.reduce(words.reason(venue, use), BY)
            case LimitAction.DENY:
                return

    async def _tell(self, text: str, key: str) -> None:
        notice = OwnerNotice(kind="risk", text=text, at=self._parts.clock.now(), key=key)
        await self._parts.bus.publish(notice)

    def _forget(self, venue: VenueName, keys: set[str]) -> None:
        """Drop limits that are off now, and assets that are not held any more."""
        gone = self._states[venue].keys() - keys
        for key in gone:
            del self._states[venue][key]
            self._unsaved.add(venue)

    async def _save(self, venue: VenueName) -> None:
        if venue not in self._unsaved:
            return
        rows = tuple(
            LimitStateRow(
                venue=venue,
                limit_key=state.key,
                is_warned=state.is_warned,
                tripped_at=state.tripped_at,
                acknowledged=state.acknowledged,
            )
            for state in self._states[venue].values()
            if not state.is_quiet
        )
        try:
            await self._parts.store.save_limit_states(venue, rows)
        except StorageError:
            _log.exception("limits not written down venue=%s", venue)
            return
        self._unsaved.discard(venue)
