"""Showing, refreshing, accepting and checking balances."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from trading.balances.access_log import Access, AccessLog
from trading.balances.manager import BalanceManager
from trading.clock import Clock
from trading.errors import BalanceError, CommandError, StorageError, VenueError
from trading.model.balance import BalanceReading, VenueBalances
from trading.model.funds import with_buffer
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.instrument import Instrument
from trading.venues.port import Priority


class Instruments(Protocol):
    """What these intents ask of the market feed."""

    async def instruments(self, venue: VenueName) -> Mapping[Symbol, Instrument]:
        """Return what the venue lists."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshOutcome:
    """One venue asked just now: its balances, or why they could not be had."""

    venue: VenueName
    balances: VenueBalances | None
    error: str | None
    duration_seconds: float
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOutcome:
    """An amount held against the free balance; only verified and fresh money suffices."""

    venue: VenueName
    asset: Asset
    amount: Decimal
    required: Decimal
    """The amount with the buffer for fee and slippage, where this asset pays them."""
    buffer_fraction: Decimal
    free: Decimal
    reserved: Decimal
    spendable: Decimal
    sufficient: bool
    reading: BalanceReading
    asked_seconds: float | None
    """How long the venue took to answer; None where memory was fresh enough."""


class BalanceIntents:
    """What can be asked about balances, from any door."""

    def __init__(
        self,
        *,
        manager: BalanceManager,
        instruments: Instruments,
        access_log: AccessLog,
        clock: Clock,
        buffer_fraction: Decimal = Decimal("0.02"),
    ) -> None:
        """`buffer_fraction` is the fee and slippage buffer of orders."""
        self._manager = manager
        self._instruments = instruments
        self._access_log = access_log
        self._clock = clock
        self._buffer = buffer_fraction

    async def show(self, venue: VenueName | None) -> tuple[VenueBalances, ...]:
        """Return the balances of one venue, or all, from memory."""
        if venue is None:
            return await self._manager.all_balances()
        return (await self._manager.balances(_known(self._manager, venue)),)

    async def refresh(self, venue: VenueName | None) -> tuple[RefreshOutcome, ...]:
        """Ask one venue now, or all at once; each fails alone."""
        venues = self._manager.venues if venue is None else (_known(self._manager, venue),)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(refresh_one(self._manager, self._clock, name)) for name in venues
            ]
        return tuple(task.result() for task in tasks)

    async def accept(self, venue: VenueName, by: str) -> VenueBalances:
        """Settle what the venue's answer left open; raises when it opens anything new."""
        return await self._manager.accept(_known(self._manager, venue), by)

    async def verify(
        self, venue: VenueName, asset: Asset, amount: Decimal, *, now: bool = False
    ) -> VerifyOutcome:
        """Hold an amount against fresh balances less what is reserved, as an order's check does.

        With `now` the venue is asked even where what is in memory is fresh enough.
        """
        if not amount.is_finite() or amount <= 0:
            raise CommandError(f"the amount was {amount}; it must be a number above 0")
        known = _known(self._manager, venue)
        started = self._clock.monotonic()
        view = await (self._manager.sync(known) if now else self._manager.fresh(known))
        took = self._clock.monotonic() - started
        reading = await self._manager.balance(venue, asset)
        required, buffer = await self._required(venue, asset, amount)
        reserved = view.reserved.get(asset, Decimal(0))
        spendable = max(Decimal(0), reading.free - reserved)
        return VerifyOutcome(
            venue=venue,
            asset=asset,
            amount=amount,
            required=required,
            buffer_fraction=buffer,
            free=reading.free,
            reserved=reserved,
            spendable=spendable,
            sufficient=reading.verified and spendable >= required,
            reading=reading,
            asked_seconds=took if now else None,
        )

    def accesses(self, limit: int) -> tuple[Access, ...]:
        """Return the last accesses to balances, the newest first."""
        return self._access_log.last(limit)

    async def _required(
        self, venue: VenueName, asset: Asset, amount: Decimal
    ) -> tuple[Decimal, Decimal]:
        """Return what an order for this amount must find free, and the buffer in it.

        The buffer falls on the asset that pays the fee; a whole holding can be sold. Never less
        than the venue's own fee, where that can be known: then it is the planner's own sum.
        """
        if asset != self._manager.base(venue):
            return amount, Decimal(0)
        try:
            listed = await self._instruments.instruments(venue)
        except VenueError:
            return amount * (1 + self._buffer), self._buffer
        paying = [instrument for symbol, instrument in listed.items() if symbol.quote == asset]
        worst = [with_buffer(each, amount, buffer_fraction=self._buffer) for each in paying]
        fees = [each.taker_fee_fraction for each in paying]
        return max(worst, default=amount * (1 + self._buffer)), max([self._buffer, *fees])


async def refresh_one(
    manager: BalanceManager,
    clock: Clock,
    venue: VenueName,
    *,
    pauses_seconds: tuple[float, ...] = (),
) -> RefreshOutcome:
    """Ask one venue now, and again after each pause while it fails."""
    started = clock.monotonic()
    balances, error, attempts = None, None, 0
    for pause in (*pauses_seconds, None):
        attempts += 1
        try:
            balances, error = await manager.sync(venue, priority=Priority.BALANCES), None
            break
        except (BalanceError, VenueError, StorageError) as failure:
            error = str(failure)
        if pause is not None:
            await clock.sleep(pause)
    return RefreshOutcome(
        venue=venue,
        balances=balances,
        error=error,
        duration_seconds=clock.monotonic() - started,
        attempts=attempts,
    )


def _known(manager: BalanceManager, venue: VenueName) -> VenueName:
    if venue in manager.venues:
        return venue
    known = ", ".join(manager.venues) or "none"
    raise CommandError(f"there is no venue called {venue}; known: {known}")
