"""What REST offers beside balances and orders, on the local Kraken."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.waiting import eventually
from trading.clock import SystemClock
from trading.model.identifiers import Symbol, VenueName
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings

BTC_USD = Symbol.parse("BTC/USD")
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def kraken(tmp_path: Path) -> AsyncIterator[LocalKraken]:
    balances = {"BTC": "1", "USD": "10000"}
    async with running_local_kraken(tmp_path / "kraken", balances=balances) as running:
        yield running


@pytest.fixture
async def adapter(kraken: LocalKraken, tmp_path: Path) -> AsyncIterator[KrakenAdapter]:
    async with KrakenAdapter(
        name=VenueName("kraken"),
        settings=KrakenSettings(key=kraken.key, secret=kraken.secret, rest_url=kraken.rest_url),
        clock=SystemClock(),
        nonce_directory=tmp_path / "nonce",
    ) as entered:
        yield entered


async def test_candles_are_whole_in_order_and_the_last_one_runs(adapter: KrakenAdapter) -> None:
    now = await adapter.fetch_time()
    since = now - timedelta(minutes=30)
    candles = await adapter.fetch_candles(BTC_USD, interval=MINUTE, since=since)
    opened = [candle.opened_at for candle in candles]
    assert len(candles) >= 20
    assert opened == sorted(set(opened))
    assert opened[0] >= since
    assert [each.is_closed for each in candles] == [True] * (len(candles) - 1) + [False]
    assert opened[-1] <= await adapter.fetch_time() < opened[-1] + 2 * MINUTE
    assert all(each.symbol == BTC_USD for each in candles)


async def test_the_switch_strikes_when_nothing_is_heard_and_not_when_disarmed(
    adapter: KrakenAdapter, kraken: LocalKraken
) -> None:
    async def rest() -> None:
        await kraken.order_by_hand(
            pair="BTC/USD", side="buy", type="limit", volume="0.01", price="1000"
        )

    async def open_orders() -> int:
        return len(await adapter.fetch_open_orders())

    await rest()
    assert await adapter.arm_dead_man_switch(timedelta(seconds=1)) is not None

    async def has_struck() -> bool:
        return await open_orders() == 0

    await eventually(has_struck, every=0.1)
    await rest()
    assert await adapter.arm_dead_man_switch(timedelta(seconds=60)) is not None
    assert await adapter.arm_dead_man_switch(None) is None
    assert (await kraken.current())["cancel_all_after"] is None
    assert await open_orders() == 1


async def test_prices_of_many_symbols_and_everything_cancelled_are_one_call_each(
    adapter: KrakenAdapter, kraken: LocalKraken
) -> None:
    symbols = [Symbol.parse(text) for text in ("BTC/USD", "ETH/USD", "ETH/BTC")]
    async with asyncio.TaskGroup() as group:
        for price in ("1000", "1001", "1002"):
            group.create_task(
                kraken.order_by_hand(
                    pair="BTC/USD", side="buy", type="limit", volume="0.01", price=price
                )
            )
    assert set(await adapter.fetch_prices(symbols)) == set(symbols)
    assert await adapter.cancel_all() == 3
    assert await adapter.cancel_all() == 0
    heard = (await kraken.current())["calls"]["rest"]
    assert (heard["Ticker"], heard["CancelAll"]) == (1, 2)
