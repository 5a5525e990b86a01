"""Who goes first, on the local Kraken with its call counter on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import START
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.waiting import PATIENCE_SECONDS, eventually
from trading.clock import SystemClock
from trading.errors import VenueUnavailable
from trading.model.identifiers import Symbol, VenueName, VenueOrderId
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings, Tier
from trading.venues.port import Priority

NO_ORDER = VenueOrderId("OAAAAA-BBBBB-CCCCCC")
SYMBOLS = tuple(Symbol.parse(text) for text in ("BTC/USD", "ETH/USD", "ETH/BTC"))


@dataclass(slots=True, kw_only=True)
class Desk:
    kraken: LocalKraken
    adapter: KrakenAdapter

    async def heard(self) -> dict[str, Any]:
        """How often each method was called, refused calls too."""
        calls: dict[str, Any] = (await self.kraken.current())["calls"]["rest"]
        return calls


@asynccontextmanager
async def desk(folder: Path, **options: Any) -> AsyncIterator[Desk]:
    async with running_local_kraken(folder / "kraken", counters="pro", **options) as kraken:
        settings = KrakenSettings(
            key=kraken.key,
            secret=kraken.secret,
            rest_url=kraken.rest_url,
            tier=Tier.PRO,
            timeout_seconds=PATIENCE_SECONDS,
            emergency_patience_seconds=0.2,
        )
        async with KrakenAdapter(
            name=VenueName("kraken"),
            settings=settings,
            clock=SystemClock(),
            nonce_directory=folder / "nonce",
        ) as adapter:
            await adapter.fetch_instruments()
            yield Desk(kraken=kraken, adapter=adapter)


async def test_the_counter_is_waited_for_and_never_hit(tmp_path: Path) -> None:
    async with desk(tmp_path) as world:
        async with asyncio.TaskGroup() as group:
            for _ in range(9):
                group.create_task(world.adapter.fetch_ledger(since=START))
            for _ in range(2):
                group.create_task(world.adapter.fetch_balances())
        heard = await world.heard()
        assert (heard["Ledgers"], heard["BalanceEx"]) == (9, 2), "a refused one is asked again"


async def test_under_a_flood_of_questions_an_emergency_passes_at_once(tmp_path: Path) -> None:
    async with desk(tmp_path, latency_ms=20) as world, asyncio.TaskGroup() as group:
        await world.kraken.order_by_hand(
            pair="BTC/USD", side="buy", type="limit", volume="0.01", price="1000"
        )
        flood = [
            group.create_task(ask)
            for _ in range(15)
            for ask in (
                world.adapter.fetch_ledger(since=START),
                world.adapter.fetch_fills(since=START),
                world.adapter.fetch_balances(),
                world.adapter.fetch_books(SYMBOLS),
            )
        ]

        async def is_flooded() -> bool:
            return int((await world.heard()).get("Ledgers", 0)) > 2

        await eventually(is_flooded)
        assert await world.adapter.cancel_all() == 1
        assert not all(each.done() for each in flood), "it did not wait for the flood"
        for each in flood:
            each.cancel()


async def test_a_call_that_hangs_keeps_neither_one_emergency_nor_many(tmp_path: Path) -> None:
    async with desk(tmp_path) as world, asyncio.TaskGroup() as group:
        await world.kraken.fault("hang_before", match="Balance", count=1, seconds=600)
        hanging = group.create_task(world.adapter.fetch_totals())

        async def is_hanging() -> bool:
            return not (await world.kraken.current())["faults"]

        await eventually(is_hanging)
        async with asyncio.TaskGroup() as emergencies:
            for _ in range(4):
                emergencies.create_task(world.adapter.cancel_all())
            emergencies.create_task(world.adapter.fetch_balances(priority=Priority.EMERGENCY))
        assert not hanging.done()
        hanging.cancel()


async def test_orders_go_before_balances_that_waited_longer(tmp_path: Path) -> None:
    done: list[str] = []

    async with desk(tmp_path, latency_ms=30) as world:

        async def read() -> None:
            await world.adapter.fetch_balances()
            done.append("balances")

        async def cancel() -> None:
            await world.adapter.cancel(NO_ORDER)
            done.append("order")

        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(read())

            async def has_begun() -> bool:
                return int((await world.heard()).get("BalanceEx", 0)) > 0

            await eventually(has_begun, every=0.002)
            group.create_task(cancel())
    assert done[-1] == "balances"
    assert done.index("order") < 3


async def test_in_a_lockout_everything_keeps_still_but_one_emergency(tmp_path: Path) -> None:
    async with desk(tmp_path) as world:
        await world.kraken.fault(
            "error", match="BalanceEx", count=1, error="EGeneral:Temporary lockout"
        )
        for _ in range(3):
            with pytest.raises(VenueUnavailable, match="Temporary lockout"):
                await world.adapter.fetch_balances()
        assert (await world.heard())["BalanceEx"] == 1, "each try would make it longer"
        assert await world.adapter.cancel_all() == 0
        await world.adapter.fetch_balances()
        assert (await world.heard())["BalanceEx"] == 2
