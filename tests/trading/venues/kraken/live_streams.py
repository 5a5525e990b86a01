"""The adapter with its streams on a local Kraken, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.contracts.trader import Trader
from tests.support.background import in_background
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.stream_ears import Ears
from tests.support.waiting import PATIENCE_SECONDS, eventually
from trading.clock import Clock, SystemClock
from trading.model.identifiers import Asset, ClientOrderId, Symbol, VenueName
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings, Tier
from trading.venues.streaming import StreamStatus
from trading.venues.websocket import SocketLimits

BALANCES = {"BTC": "0.5", "ETH": "2", "USD": "10000"}
USD, BTC = Asset("USD"), Asset("BTC")
SOON_DEAD = {
    "socket_limits": SocketLimits(
        connect_seconds=PATIENCE_SECONDS,
        send_seconds=PATIENCE_SECONDS,
        quiet_seconds=1.2,
        dead_seconds=1.8,
    )
}
"""For connections that are to fall silent."""
SOON_DOUBTED = {"answer_seconds": 0.6}
"""For answers to orders that are not to come."""


@dataclass(slots=True, kw_only=True)
class LiveStreams:
    """Satisfies what a `Trader` asks of a world."""

    kraken: LocalKraken
    adapter: KrakenAdapter
    ears: Ears = field(default_factory=Ears)
    clock: Clock = field(default_factory=SystemClock)
    symbol: Symbol = field(default_factory=lambda: Symbol.parse("BTC/USD"))

    trader: Trader = field(init=False)
    streaming: asyncio.Task[None] = field(init=False)

    def __post_init__(self) -> None:
        self.trader = Trader(self)  # type: ignore[arg-type] # it asks only for what is here

    def status(self, name: str = "private") -> StreamStatus:
        return next(each for each in self.adapter.stream_status() if each.name == name)

    async def placed(self, client_order_id: ClientOrderId) -> int:
        orders = (await self.kraken.book())["orders"]
        return sum(order["cl_ord_id"] == client_order_id for order in orders)

    async def agrees(self) -> None:
        """Wait until what was pushed is the venue's book, and say so of the books themselves."""

        async def it_does() -> bool:
            rows = (await self.kraken.book())["balances"]
            truth = {
                Asset(asset): (Decimal(row["free"]), Decimal(row["hold"]))
                for asset, row in rows.items()
                if Decimal(row["free"]) or Decimal(row["hold"])
            }
            assert self.ears.is_live
            assert self.ears.held == truth
            return True

        await eventually(it_does)
        assert await self.kraken.audit() == []

    async def lost(self, times: int = 1) -> None:
        await eventually(lambda: len(self.ears.lost) >= times)

    async def baseline(self, times: int) -> None:
        """Wait for so many baselines in all."""
        await eventually(
            lambda: self.ears.spoken.count("baseline") >= times and self.ears.is_live,
        )


@asynccontextmanager
async def live_streams(
    folder: Path, *, wire: Mapping[str, Any] | None = None, **options: Any
) -> AsyncIterator[LiveStreams]:
    """Run both; returns once the first baseline is there. `wire` are other `KrakenSettings`."""
    options.setdefault("balances", BALANCES)
    async with running_local_kraken(folder / "kraken", **options) as kraken:
        settings = KrakenSettings(
            key=kraken.key,
            secret=kraken.secret,
            rest_url=kraken.rest_url,
            ws_url=kraken.ws_url,
            ws_auth_url=kraken.ws_auth_url,
            tier=Tier.PRO,
            timeout_seconds=PATIENCE_SECONDS,
            answer_seconds=PATIENCE_SECONDS,
            emergency_timeout_seconds=PATIENCE_SECONDS,
            emergency_patience_seconds=0.2,
            socket_limits=replace(SOON_DEAD["socket_limits"], dead_seconds=PATIENCE_SECONDS),
            reconnect_seconds=0.05,
        )
        settings = replace(settings, **(wire or {}))
        async with KrakenAdapter(
            name=VenueName("kraken"),
            settings=settings,
            clock=SystemClock(),
            nonce_directory=folder / "nonce",
        ) as adapter:
            live = LiveStreams(kraken=kraken, adapter=adapter)
            async with in_background(adapter.run_streams(live.ears)) as live.streaming:
                await live.baseline(1)
                yield live
