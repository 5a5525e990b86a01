"""Hears what happens in trading and has it counted."""

from __future__ import annotations

from trading.events import BalancesQuestioned, Event, FillBooked, OrderChanged
from trading.metrics.meter import Meter


class Counting:
    """A listener of the bus."""

    def __init__(self, *, meter: Meter) -> None:
        """Take who counts."""
        self._meter = meter

    async def hear(self, event: Event) -> None:
        """Count what is of interest, and let the rest pass."""
        match event:
            case OrderChanged(order=order):
                self._meter.order_changed(order.intent.venue, order.status)
            case FillBooked(fill=fill):
                self._meter.fill(fill.venue, fill.side)
            case BalancesQuestioned(venue=venue):
                self._meter.balances_questioned(venue)
            case _:
                return
