"""Balances for scripts and a Python prompt, where no event loop runs.

    with asyncio.Runner() as runner:
        balances = SyncBalances(manager, run=runner.run)
        balances.balance(venue, asset)

Use one runner for everything: connections belong to the loop that opened them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from trading.balances.access_log import AccessPath, AccessPoint, access_point
from trading.balances.manager import BalanceManager
from trading.errors import AsyncBalanceRequiredError
from trading.model.balance import BalanceReading, BalanceStatus, VenueBalances
from trading.model.identifiers import Asset, VenueName
from trading.model.valuation import TotalValue, Valuation

_log = logging.getLogger(__name__)

Result = TypeVar("Result")


class RunsCoroutines(Protocol):
    """`asyncio.run`, or the `run` of an `asyncio.Runner`."""

    def __call__(self, coroutine: Coroutine[Any, Any, Result], /) -> Result:
        """Run it to its end and return what it returned."""
        ...


class SyncBalances:
    """Each call runs its asynchronous twin; inside a running loop it raises and blocks nothing."""

    def __init__(self, manager: BalanceManager, *, run: RunsCoroutines) -> None:
        """Take the manager and what runs a coroutine to its end."""
        self._manager = manager
        self._run = run

    def sync(self, venue: VenueName) -> VenueBalances:
        """Ask the venue now."""
        self._enter("sync")
        return self._run(self._manager.sync(venue))

    def balances(self, venue: VenueName) -> VenueBalances:
        """Return every reading of a venue from memory."""
        access = self._enter("balances")
        return self._run(self._manager.balances(venue, access=access))

    def balance(self, venue: VenueName, asset: Asset) -> BalanceReading:
        """Return one reading; BalanceUnknown rather than an unproven zero."""
        access = self._enter("balance")
        return self._run(self._manager.balance(venue, asset, access=access))

    def has_position(self, venue: VenueName, asset: Asset) -> bool:
        """Tell whether any of it is held."""
        access = self._enter("has_position")
        return self._run(self._manager.has_position(venue, asset, access=access))

    def free_to_spend(self, venue: VenueName, asset: Asset) -> Decimal:
        """Return verified free less reservations."""
        access = self._enter("free_to_spend")
        return self._run(self._manager.free_to_spend(venue, asset, access=access))

    def nav(self, venue: VenueName) -> Valuation:
        """Value a venue in its base currency."""
        access = self._enter("nav")
        return self._run(self._manager.nav(venue, access=access))

    def total_value(self, base: Asset) -> TotalValue:
        """Value every venue in one currency."""
        access = self._enter("total_value")
        return self._run(self._manager.total_value(base, access=access))

    def status(self, venue: VenueName) -> BalanceStatus:
        """Return how far the balances can be trusted; reads no amounts, so works anywhere."""
        return self._manager.status(venue)

    def _enter(self, method: str) -> AccessPoint:
        """Refuse inside a running loop, before any coroutine exists; else say who asks."""
        access = access_point(AccessPath.SYNC)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return access
        _log.error(
            "[ASYNC_VIOLATION] method=SyncBalances.%s from=%s:%d function=%s",
            method,
            access.file,
            access.line,
            access.function,
        )
        raise AsyncBalanceRequiredError(f"SyncBalances.{method}", f"BalanceManager.{method}")
