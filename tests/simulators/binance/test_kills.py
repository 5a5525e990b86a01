"""A kill at any moment leaves whole books, with every answered order in them."""

import asyncio
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from tests.simulators.binance.desk import Caller
from tests.support.local_binance import LocalBinance, running_local_binance
from tests.support.waiting import eventually
from trading.clock import SystemClock

WORKERS = 3
GONE = (aiohttp.ClientError, ConnectionError, TimeoutError)


@dataclass(slots=True)
class Diary:
    """What the clients know for certain, by client order id."""

    placed: dict[str, int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)


def wishes(dice: random.Random) -> Iterator[dict[str, str]]:
    """Make orders that fill at once, in part, later, or never."""
    for number in itertools.count():
        yield {
            "symbol": "BTCUSDT",
            "side": dice.choice(("BUY", "SELL")),
            "type": "LIMIT",
            "price": f"{dice.uniform(63_900, 64_100):.2f}",
            "quantity": f"{dice.uniform(0.001, 0.2):.5f}",
            "timeInForce": dice.choice(("GTC", "IOC", "FOK")),
            "newClientOrderId": f"w{dice.getrandbits(24):06x}-{number}",
        }


async def work(caller: Caller, diary: Diary, dice: random.Random) -> None:
    """Place and cancel until the venue is gone."""
    for wish in wishes(dice):
        name = wish["newClientOrderId"]
        try:
            answer = await caller.call("POST", "order", **wish)
            if "code" in answer:
                diary.refused.add(name)
                continue
            diary.placed[name] = answer["orderId"]
            if dice.random() < 0.3:
                words = {"symbol": "BTCUSDT", "origClientOrderId": name}
                ended = await caller.call("DELETE", "order", **words)
                if "code" not in ended:
                    diary.cancelled.add(name)
        except GONE:
            return


async def kill_under_load(binance: LocalBinance, diary: Diary, seed: int) -> None:
    connector, clock = aiohttp.TCPConnector(force_close=True), SystemClock()
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        caller = Caller(
            session=session,
            url=binance.rest_url,
            now=lambda: round(clock.now().timestamp() * 1000),
        )
        for worker in range(WORKERS):
            group.create_task(work(caller, diary, random.Random(f"{seed}/{worker}")))
        already, wanted = len(diary.placed), random.Random(seed).randint(1, 25)
        await eventually(lambda: len(diary.placed) >= already + wanted, every=0.002)
        await binance.kill()


async def check(binance: LocalBinance, diary: Diary) -> int:
    """Hold the restarted books to what the clients were told; answer how many fills there are."""
    assert await binance.audit() == []
    book = await binance.book()
    by_client = {order["cl_ord_id"]: order for order in book["orders"]}
    assert len(by_client) == len(book["orders"]), "nothing was done twice"
    for name, number in diary.placed.items():
        assert by_client[name]["order_id"] == str(number)
    assert not diary.refused & by_client.keys()
    for name in diary.cancelled:
        assert by_client[name]["status"] == "canceled"
    return len(book["fills"])


@pytest.mark.soak
async def test_the_books_survive_kills_under_load(tmp_path: Path, soak_rounds: int) -> None:
    balances = {"USDT": "1000000", "BTC": "20"}
    diary, fills = Diary(), 0
    async with running_local_binance(
        tmp_path,
        balances=balances,
        speed=5.0,
        tick_ms=20.0,
        symbols=("BTC/USDT",),
        orders_10s=100_000,
        weight_limit=1_000_000,
    ) as binance:
        for seed in range(max(3, soak_rounds // 8)):
            await kill_under_load(binance, diary, seed)
            await binance.restart()
            fills = await check(binance, diary)
    assert fills > 0
    assert len(diary.placed) > 10
    assert diary.cancelled
