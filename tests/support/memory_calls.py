"""What a venue in memory does to its callers: counts them, fails them, keeps them waiting."""

import asyncio

from trading.venues.port import KeyReport, VenueState
from trading.venues.streaming import StreamStatus
from trading.venues.traffic import Traffic

FIT_KEY = KeyReport(
    can_query_balances=True,
    can_query_orders=True,
    can_query_ledger=True,
    can_trade=True,
    can_stream=True,
    can_withdraw=False,
)


class MemoryCalls:
    """The calls of one venue, and the faults a test ordered for them."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._faults: dict[str, list[Exception]] = {}
        self._gates: dict[str, asyncio.Event] = {}

    def fail(self, method: str, *errors: Exception) -> None:
        """Make the next calls of a method raise these."""
        self._faults.setdefault(method, []).extend(errors)

    def hold(self, method: str) -> asyncio.Event:
        """Let calls of a method wait until the returned event is set."""
        self._gates[method] = asyncio.Event()
        return self._gates[method]

    def count(self, method: str) -> int:
        """How often a method was called."""
        return self.calls.count(method)

    async def _enter(self, method: str) -> None:
        self.calls.append(method)
        if method in self._gates:
            await self._gates[method].wait()
        if self._faults.get(method):
            raise self._faults[method].pop(0)


class MemoryConditions(MemoryCalls):
    """How the venue is, and what the key may do there; a test changes both as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.state = VenueState.ONLINE
        self.key_report = FIT_KEY
        self.streams: tuple[StreamStatus, ...] = ()
        self.busy = Traffic()

    def pushed_state(self) -> VenueState | None:
        return self.state if any(each.is_live for each in self.streams) else None

    async def fetch_state(self) -> VenueState:
        await self._enter("fetch_state")
        return self.state

    async def fetch_key_report(self) -> KeyReport:
        await self._enter("fetch_key_report")
        return self.key_report

    def traffic(self) -> Traffic:
        return self.busy
