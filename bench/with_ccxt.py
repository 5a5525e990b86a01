"""Does with ccxt what a rebalance does: sell, know what came of it, buy, know it again.

Run by the clients' own Python: `python with_ccxt.py REST WS WS_AUTH KEY SECRET TRADES WAY`, where
TRADES is a JSON list of [symbol, side, quantity, limit price] and WAY is "rest" (one after
another, as its nonces want it) or "stream" (over ccxt.pro's socket, as many at once as there
are). Prints the seconds from the first order to the last fill known.
"""

import asyncio
import json
import sys
from importlib import import_module
from typing import Any

WITHIN = 60.0
IOC = {"timeInForce": "IOC"}
Trade = tuple[str, str, str, str]


async def by_rest(exchange: Any, trades: list[Trade]) -> None:
    """Place them, then ask for fills until each has one, then for the balances."""
    began = exchange.milliseconds() - 1000
    placed = set()
    for symbol, side, quantity, price in trades:
        order = await exchange.create_order(
            symbol, "limit", side, float(quantity), float(price), IOC
        )
        placed.add(order["id"])
    while placed:
        fills = await exchange.fetch_my_trades(since=began)
        placed -= {fill["order"] for fill in fills}
    await exchange.fetch_balance()


async def by_stream(exchange: Any, trades: list[Trade]) -> None:
    """Place them at once, then wait until a fill of each was pushed."""
    filled: set[str] = set()
    placed: set[str] = set()
    news = asyncio.Event()

    async def follow() -> None:
        while True:
            filled.update(fill["order"] for fill in await exchange.watch_my_trades())
            news.set()

    async def place(trade: Trade) -> None:
        symbol, side, quantity, price = trade
        order = await exchange.create_order_ws(
            symbol, "limit", side, float(quantity), float(price), IOC
        )
        placed.add(order["id"])
        news.set()

    async with asyncio.TaskGroup() as group:
        following = group.create_task(follow())
        for trade in trades:
            group.create_task(place(trade))
        while len(placed) < len(trades) or placed - filled:
            await news.wait()
            news.clear()
        following.cancel()


async def main(*given: str) -> None:
    rest, stream, account, key, secret, trades, way = given
    ccxt = import_module("ccxt.pro")
    exchange = ccxt.kraken({"apiKey": key, "secret": secret, "enableRateLimit": False})
    exchange.urls["api"]["public"] = exchange.urls["api"]["private"] = rest
    exchange.urls["api"]["ws"] = {
        "public": stream,
        "private": account,
        "publicV2": stream,
        "privateV2": account,
    }
    wanted: list[Trade] = [tuple(each) for each in json.loads(trades)]
    clock = asyncio.get_running_loop()
    trade = by_rest if way == "rest" else by_stream
    try:
        async with asyncio.timeout(WITHIN):
            await exchange.load_markets()
            if way == "stream":
                await exchange.watch_balance()
            began = clock.time()
            for side in ("sell", "buy"):
                some = [each for each in wanted if each[1] == side]
                if some:
                    await trade(exchange, some)
            seconds = clock.time() - began
    finally:
        await exchange.close()
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
