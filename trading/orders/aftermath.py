"""Has the balances show what a batch did, by the cheapest means that prove it.

Where a live stream pushes the account, nobody is asked: it is waited for what the fills brought,
and for what they spent to be no longer reserved. Where it does not come, or comes too slowly, and
where nothing is pushed, the venue is asked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.clock import Clock
from trading.errors import BalanceError, VenueError
from trading.model.balance import BalanceSource, VenueBalances
from trading.model.fill import Fill
from trading.model.identifiers import Asset, VenueName
from trading.model.instrument import Side
from trading.model.order import Order
from trading.orders.admission import Balances
from trading.orders.live import has_live_orders
from trading.venues.port import VenueAdapter

_log = logging.getLogger(__name__)

_ZERO = Decimal(0)
_ENOUGH = Decimal("0.9999")
"""So much of what the fills brought: a venue's books may round more coarsely than its fills."""
_STREAM_SECONDS = 1.0
_BETWEEN_SECONDS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """Pushed balances as they stood before a batch; venues whose are not pushed are missing."""

    balances: Mapping[VenueName, VenueBalances]


class Aftermath:
    """Reads the balances once a batch is over."""

    def __init__(
        self, *, venues: Mapping[VenueName, VenueAdapter], balances: Balances, clock: Clock
    ) -> None:
        """Keep whom to ask."""
        self._venues = venues
        self._balances = balances
        self._clock = clock

    async def before(self, venues: Iterable[VenueName]) -> Before:
        """Note what is pushed of these venues before anything is sent."""
        found = {
            venue: await self._balances.balances(venue)
            for venue in venues
            if venue in self._venues and has_live_orders(self._venues[venue])
        }
        return Before(balances={venue: view for venue, view in found.items() if _is_pushed(view)})

    async def show(self, before: Before, settled: Sequence[Order], fills: Sequence[Fill]) -> bool:
        """Have the balances in memory show these fills; False where they could not be read."""
        venues = {order.intent.venue for order in settled if order.filled_quantity}
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    self._show(
                        venue,
                        before.balances.get(venue),
                        [fill for fill in fills if fill.venue == venue],
                    )
                )
                for venue in venues
            ]
        return all(task.result() for task in tasks)

    async def _show(
        self, venue: VenueName, before: VenueBalances | None, fills: Sequence[Fill]
    ) -> bool:
        if before is not None and await self._comes_in_time(venue, before, fills):
            return True
        try:
            await self._balances.sync(venue)
        except (BalanceError, VenueError) as error:
            _log.warning("balances not read after trading venue=%s error=%s", venue, error)
            return False
        return True

    async def _comes_in_time(
        self, venue: VenueName, before: VenueBalances, fills: Sequence[Fill]
    ) -> bool:
        until = self._clock.monotonic() + _STREAM_SECONDS
        gains, spends = gained(fills), spent(fills)
        while True:
            now = await self._balances.balances(venue)
            if not _is_pushed(now):
                return False
            if _shows(before, now, gains, spends):
                return True
            if self._clock.monotonic() >= until:
                _log.warning("fills not in the pushed balances venue=%s", venue)
                return False
            await self._clock.sleep(_BETWEEN_SECONDS)


def _is_pushed(view: VenueBalances) -> bool:
    """Return True for balances that a live stream vouches for."""
    return view.status.verified and view.status.source is BalanceSource.STREAM


def gained(fills: Iterable[Fill]) -> Mapping[Asset, Decimal]:
    """Return what fills brought, less fees in the same asset."""
    changes: dict[Asset, Decimal] = {}
    for fill in fills:
        is_buy = fill.side is Side.BUY
        asset, amount = (
            (fill.symbol.base, fill.quantity) if is_buy else (fill.symbol.quote, fill.cost)
        )
        changes[asset] = changes.get(asset, _ZERO) + amount
        changes[fill.fee_asset] = changes.get(fill.fee_asset, _ZERO) - fill.fee
    return {asset: change for asset, change in changes.items() if change > 0}


def spent(fills: Iterable[Fill]) -> frozenset[Asset]:
    """Return what fills were paid with."""
    return frozenset(
        fill.symbol.quote if fill.side is Side.BUY else fill.symbol.base for fill in fills
    )


def _shows(
    before: VenueBalances,
    now: VenueBalances,
    gains: Mapping[Asset, Decimal],
    spends: Collection[Asset],
) -> bool:
    has_come = all(
        _total(now, asset) - _total(before, asset) >= gain * _ENOUGH
        for asset, gain in gains.items()
        # What was both won and spent says nothing by its sum.
        if asset not in spends
    )
    return has_come and all(
        now.reserved.get(asset, _ZERO) <= before.reserved.get(asset, _ZERO) for asset in spends
    )


def _total(view: VenueBalances, asset: Asset) -> Decimal:
    reading = view.readings.get(asset)
    return _ZERO if reading is None else reading.total
