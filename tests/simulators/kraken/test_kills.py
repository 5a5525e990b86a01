"""A kill at any moment leaves whole books, with every answered order in them."""

import asyncio
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from tests.simulators.kraken.desk import Caller
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.waiting import eventually

WORKERS = 3
GONE = (aiohttp.ClientError, ConnectionError, TimeoutError)


@dataclass(slots=True)
class Diary:
    """What the clients know for certain, by client order id."""

    placed: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    last_nonce: int = 0


def wishes(dice: random.Random) -> Iterator[dict[str, str]]:
    """Make orders that fill at once, in part, later, or never."""
    for number in itertools.count():
        price = f"{dice.uniform(63_900, 64_100):.1f}"
        yield {
            "pair": "XBTUSD",
            "type": dice.choice(("buy", "sell")),
            "ordertype": "limit",
            "price": price,
            "volume": f"{dice.uniform(0.001, 0.2):.8f}",
            "timeinforce": dice.choice(("GTC", "IOC")),
            "cl_ord_id": f"w{dice.getrandbits(24):06x}-{number}",
        }


async def work(caller: Caller, diary: Diary, dice: random.Random) -> None:
    """Place and cancel until the venue is gone."""
    for wish in wishes(dice):
        nonce = next(caller.nonces)
        try:
            async with caller.post("AddOrder", wish, nonce=nonce) as response:
                answer = await response.json()
            if answer["error"]:
                diary.refused.add(wish["cl_ord_id"])
                continue
            diary.last_nonce = max(diary.last_nonce, nonce)
            diary.placed[wish["cl_ord_id"]] = answer["result"]["txid"][0]
            if dice.random() < 0.3:
                done = await caller.private("CancelOrder", {"cl_ord_id": wish["cl_ord_id"]})
                if not done["error"]:
                    diary.cancelled.add(wish["cl_ord_id"])
        except GONE:
            return


async def kill_under_load(kraken: LocalKraken, diary: Diary, seed: int) -> None:
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        nonces = itertools.count(diary.last_nonce + 10_000)
        caller = Caller(session=session, url=kraken.rest_url, nonces=nonces)
        for worker in range(WORKERS):
            dice = random.Random(f"{seed}/{worker}")
            group.create_task(work(caller, diary, dice))
        already, wanted = len(diary.placed), random.Random(seed).randint(1, 25)
        await eventually(lambda: len(diary.placed) >= already + wanted, every=0.002)
        await kraken.kill()


async def check(kraken: LocalKraken, diary: Diary) -> int:
    """Hold the restarted books to what the clients were told; answer how many fills there are."""
    assert await kraken.audit() == []
    book = await kraken.book()
    by_client = {order["cl_ord_id"]: order for order in book["orders"]}
    assert len(by_client) == len(book["orders"]), "nothing was done twice"
    for client_order_id, order_id in diary.placed.items():
        assert by_client[client_order_id]["order_id"] == order_id
    assert not diary.refused & by_client.keys()
    for client_order_id in diary.cancelled:
        assert by_client[client_order_id]["status"] == "canceled"
    assert int(book["last_nonce"]) >= diary.last_nonce
    return len(book["fills"])


@pytest.mark.soak
async def test_the_books_survive_kills_under_load(tmp_path: Path, soak_rounds: int) -> None:
    balances = {"USD": "1000000", "BTC": "20"}
    diary, fills = Diary(), 0
    async with running_local_kraken(
        tmp_path, balances=balances, speed=5.0, tick_ms=20.0, pairs=("BTC/USD",)
    ) as kraken:
        for seed in range(max(10, soak_rounds // 2)):
            await kill_under_load(kraken, diary, seed)
            await kraken.restart()
            fills = await check(kraken, diary)
    assert fills > 20
    assert len(diary.placed) > 100
    assert diary.cancelled
