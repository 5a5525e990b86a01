"""A venue that lacks the money which the check had proven: looked into at once, with proof."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from trading.clock import Clock
from trading.errors import BalanceError, InsufficientFunds, VenueError
from trading.model.approval import ApprovedOrder
from trading.model.identifiers import Asset
from trading.orders.admission import Balances

_log = logging.getLogger(__name__)

_SECONDS = 10.0
"""The order itself is settled: its incident need not wait longer for the balances of now."""


class ShortageInquiry:
    """Forces fresh balances and puts them beside what the order had been approved on."""

    def __init__(self, *, balances: Balances, clock: Clock) -> None:
        """Take whom to ask."""
        self._balances = balances
        self._clock = clock

    async def look(self, order: ApprovedOrder, said: InsufficientFunds) -> Mapping[str, str]:
        """Return the evidence with the venue's words and the balance as it is now (`now_…`)."""
        _log.error(
            "insufficient funds in spite of the check id=%s evidence=%s said=%s",
            order.client_order_id,
            dict(order.evidence),
            said,
        )
        incident = {**order.evidence, "said": said.code}
        asset = Asset(order.evidence.get("asset", order.intent.reserve_asset))
        started = self._clock.monotonic()
        try:
            async with asyncio.timeout(_SECONDS):
                view = await self._balances.sync(order.intent.venue)
        except TimeoutError:
            return {**incident, "now_error": f"no fresh balances within {_SECONDS:g} s"}
        except (BalanceError, VenueError) as error:
            return {**incident, "now_error": str(error)}
        incident["now_seconds"] = f"{self._clock.monotonic() - started:.2f}"
        reading = view.readings.get(asset)
        if reading is None:
            return {**incident, "now_error": f"the venue does not mention {asset} any more"}
        reserved = view.reserved.get(asset)
        return {
            **incident,
            "now_free": f"{reading.free:f}",
            "now_locked": f"{reading.locked:f}",
            "now_reserved": "0" if reserved is None else f"{reserved:f}",
            "now_source": reading.source.value,
        }
