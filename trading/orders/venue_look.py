"""One pass over one venue: what it shows is compared with the journal, and applied to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from trading.clock import Clock
from trading.model.fill import Fill
from trading.model.identifiers import ClientOrderId, CorrelationId, VenueName, VenueOrderId
from trading.model.order import Order, VenueOrder
from trading.model.order_status import OrderStatus
from trading.orders import client_ids
from trading.orders.in_flight import InFlight
from trading.orders.journal import Journal
from trading.orders.reconciliation import Findings, Match, classify
from trading.orders.settlement import Settlement
from trading.orders.steps import Step
from trading.venues.port import VenueAdapter

_OVERLAP = timedelta(minutes=2)
"""Each pass looks back so far behind the last one: a venue may show a close or a fill late."""

_LATELY = 500
"""How many of the newest orders tell which symbols are traded."""

_YOUNG = timedelta(seconds=30)
"""An order acknowledged so recently may not be in the venue's lists yet."""


class Halting(Protocol):
    """What a look asks of the trading state."""

    async def halt(self, reason: str, by: str) -> object:
        """Stop everything new."""
        ...


class Memory(Protocol):
    """Small durable facts by name."""

    async def get(self, key: str) -> str | None:
        """Return the value; None when there is none."""
        ...

    async def put(self, key: str, value: str) -> None:
        """Set the value."""
        ...


@dataclass(slots=True, kw_only=True)
class Gathered:
    """What a pass has found and done so far."""

    correlation_id: CorrelationId
    adopted: list[Order] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What does not fit, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """From when a pass looks, and when it began, both by the venue's clock."""

    since: datetime
    begun_at: datetime


class VenueLook:
    """Orders, then fills; the balances after them are the reconciler's."""

    def __init__(
        self,
        *,
        venue: VenueAdapter,
        journal: Journal,
        settlement: Settlement,
        in_flight: InFlight,
        gate: Halting,
        memory: Memory,
        clock: Clock,
    ) -> None:
        """Take the parts."""
        self._venue = venue
        self._journal = journal
        self._settlement = settlement
        self._in_flight = in_flight
        self._gate = gate
        self._memory = memory
        self._clock = clock

    @property
    def _name(self) -> VenueName:
        return self._venue.name

    async def compare(self, gathered: Gathered) -> None:
        """Make one pass; the next one begins behind it only if this one was finished."""
        window = await self._window()
        # Open before closed: what closes in between is in both, never in neither. The journal is
        # read after both: a row is older than anything the venue can show of it.
        await self._follow()
        seen = await self._venue.fetch_open_orders()
        seen += await self._venue.fetch_closed_orders(since=window.since)
        findings = await self._classify(seen)
        await self._adopt(gathered, findings)
        matches = list(findings.matches) + await self._ask_by_id(gathered, findings.unseen)
        # Before any fill is booked: one of an order that the journal cannot name is a stranger's.
        matches = await self._settlement.acknowledge(matches)
        shown, named = await self._book_fills(gathered, window)
        matches += named
        matches += _of_adopted(gathered.adopted, seen + shown)
        for order in await self._settlement.take(self._name, matches):
            gathered.problems.append(
                f"{order.client_order_id}: the venue says more was filled than its fills show yet"
            )
        await self._memory.put(f"orders.cursor.{self._name}", window.begun_at.isoformat())

    async def _follow(self) -> None:
        """Say which symbols the journal's orders were for: some venues must be asked by symbol."""
        lately = (*await self._journal.working(self._name), *await self._journal.recent(_LATELY))
        self._venue.follow(
            {order.intent.symbol for order in lately if order.intent.venue == self._name}
        )

    async def _window(self) -> _Window:
        """Find out how far to look back: not behind the day this journal began."""
        now = await self._venue.fetch_time()
        birth = await self._recall(f"orders.since.{self._name}")
        if birth is None:
            await self._memory.put(f"orders.since.{self._name}", now.isoformat())
            birth = now
        last = await self._recall(f"orders.cursor.{self._name}") or birth
        return _Window(since=max(birth, last - _OVERLAP), begun_at=now)

    async def _recall(self, key: str) -> datetime | None:
        text = await self._memory.get(key)
        return None if text is None else datetime.fromisoformat(text)

    async def _classify(self, seen: Collection[VenueOrder]) -> Findings:
        working = [
            order
            for order in await self._journal.working(self._name)
            if not self._in_flight.covers(order)
        ]
        by_venue_id: dict[VenueOrderId, Order] = {}
        by_client_id: dict[ClientOrderId, Order] = {}
        for found in seen:
            order = await self._journal.find_by_venue_id(self._name, found.venue_order_id)
            if order is not None:
                by_venue_id[found.venue_order_id] = order
            elif found.client_order_id is not None:
                named = await self._journal.find(found.client_order_id)
                if named is not None:
                    by_client_id[found.client_order_id] = named
        return classify(
            working=working, seen=seen, by_venue_id=by_venue_id, by_client_id=by_client_id
        )

    async def _adopt(self, gathered: Gathered, findings: Findings) -> None:
        """Write down what the journal does not know; what cannot be right stops trading first.

        In this order a crash in between repeats the alarm; the other way round it would be lost.
        """
        alarms = [self._stray(found) for found in findings.strays]
        alarms += [self._contradiction(match) for match in findings.contradictions]
        if alarms:
            gathered.problems += alarms
            await self._gate.halt("; ".join(alarms), "bot")
        strays = [*findings.strays, *(match.found for match in findings.contradictions)]
        for found in (*findings.external, *strays):
            order = await self._journal.adopt(
                found, is_stray=found in strays, correlation_id=gathered.correlation_id
            )
            if order is not None:
                gathered.adopted.append(order)

    def _stray(self, found: VenueOrder) -> str:
        return (
            f"{found.client_order_id} ({found.side} {found.quantity:f} {found.symbol}) at "
            f"{self._name} carries a Steelyard id that this journal has never written; "
            f"{client_ids.suspicion(found.client_order_id, self._journal.instance_tag)}"
        )

    def _contradiction(self, match: Match) -> str:
        order, found = match.order, match.found
        return (
            f"{order.client_order_id} is {order.status} in the journal, and {self._name} "
            f"shows it as {found.venue_order_id}, {found.status}"
        )

    async def _ask_by_id(self, gathered: Gathered, unseen: Sequence[Order]) -> list[Match]:
        """Ask for working orders that were in neither list; one that is gone is unknown."""
        wanted = {order.venue_order_id: order for order in unseen if order.venue_order_id}
        if not wanted:
            return []
        found = await self._venue.fetch_orders(tuple(wanted))
        matches: list[Match] = []
        for venue_order_id, order in wanted.items():
            if venue_order_id in found:
                matches.append(Match(order=order, found=found[venue_order_id]))
            elif self._is_lost(order):
                gathered.problems.append(
                    f"{order.client_order_id}: {self._name} took it as {venue_order_id} and "
                    "does not show it any more"
                )
                await self._lose(order)
        return matches

    def _is_lost(self, order: Order) -> bool:
        return order.updated_at < self._clock.now() - _YOUNG

    async def _lose(self, order: Order) -> None:
        if order.status is OrderStatus.UNKNOWN:
            return
        note = "the venue took it and does not show it any more"
        step = Step(status=OrderStatus.UNKNOWN, detail="not shown", note=note)
        await self._journal.move(order, step)

    async def _book_fills(
        self, gathered: Gathered, window: _Window
    ) -> tuple[tuple[VenueOrder, ...], list[Match]]:
        """Book every fill of the window but those of orders that are being sent.

        Returns the orders of fills that the journal could not name, and those that are its own.
        """
        fills = await self._venue.fetch_fills(since=window.since)
        strangers: dict[VenueOrderId, None] = {}
        for fill in fills:
            known = await self._journal.find_by_venue_id(fill.venue, fill.venue_order_id)
            if known is None and fill.client_order_id is None:
                strangers[fill.venue_order_id] = None
        shown: tuple[VenueOrder, ...] = ()
        named: list[Match] = []
        if strangers:
            shown = tuple((await self._venue.fetch_orders(tuple(strangers))).values())
            findings = await self._classify(shown)
            await self._adopt(gathered, findings)
            named = await self._settlement.acknowledge(findings.matches)
        unnamed = {
            match.found.venue_order_id for match in named if match.order.venue_order_id is None
        }
        gathered.fills += await self._journal.book(
            [fill for fill in fills if fill.venue_order_id not in unnamed]
        )
        return shown, named


def _of_adopted(adopted: Sequence[Order], seen: Collection[VenueOrder]) -> list[Match]:
    by_id = {found.venue_order_id: found for found in seen}
    return [
        Match(order=order, found=by_id[order.venue_order_id])
        for order in adopted
        if order.venue_order_id in by_id
    ]
