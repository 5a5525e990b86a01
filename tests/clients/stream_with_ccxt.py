"""Follows a local Kraken's streams with ccxt and trades over them.

Run by the clients' own Python: `python stream_with_ccxt.py REST WS WS_AUTH KEY SECRET`. Only the
addresses are changed.
"""

import asyncio
import json
import sys
from importlib import import_module
from typing import Any

WITHIN = 60.0


async def follow(exchange: Any) -> dict[str, Any]:
    ticker = await exchange.watch_ticker("BTC/USD")
    book = await exchange.watch_order_book("BTC/USD", 10)
    trades = await exchange.watch_trades("BTC/USD")
    candles = await exchange.watch_ohlcv("BTC/USD", "1m")
    balance = await exchange.watch_balance()
    return {
        "ticker": [ticker["bid"], ticker["ask"]],
        "book": [book["bids"][0][0], book["asks"][0][0], len(book["asks"])],
        "trades": len(trades),
        "candles": len(candles),
        "balance": balance["total"],
    }


async def trade(exchange: Any) -> dict[str, Any]:
    limit = await exchange.create_order_ws(
        "BTC/USD", "limit", "buy", 0.01, 60000.5, {"clientOrderId": "ccxt-ws-1"}
    )
    open_orders = await exchange.watch_orders()
    edited = await exchange.edit_order_ws(limit["id"], "BTC/USD", "limit", "buy", 0.02, 60000.5)
    cancelled = await exchange.cancel_order_ws(limit["id"])
    async with asyncio.TaskGroup() as group:
        fills = group.create_task(exchange.watch_my_trades())
        balances = group.create_task(exchange.watch_balance())
        taken = await exchange.create_order_ws("BTC/USD", "market", "buy", 0.01)
    (fill,) = fills.result()
    every = await exchange.cancel_all_orders_ws()
    seen = {
        "limit": limit["id"],
        "open": [[order["id"], order["price"]] for order in open_orders],
        "edited": edited["id"],
        "cancelled": cancelled["result"],
        "taken": taken["id"],
        "fill": [fill["id"], fill["order"], fill["amount"], fill["fee"]["currency"]],
        "changed": balances.result()["total"],
        "every": every["result"],
    }
    try:
        await exchange.create_order_ws("BTC/USD", "limit", "buy", 100, 60000.5)
    except Exception as error:  # noqa: BLE001 -- which error ccxt makes of it is the finding
        seen["refused"] = [type(error).__name__, str(error)]
    return seen


async def main(rest: str, stream: str, account: str, key: str, secret: str) -> None:
    ccxt = import_module("ccxt.pro")
    exchange = ccxt.kraken({"apiKey": key, "secret": secret, "enableRateLimit": False})
    exchange.urls["api"]["public"] = exchange.urls["api"]["private"] = rest
    exchange.urls["api"]["ws"] = {
        "public": stream,
        "private": account,
        "publicV2": stream,
        "privateV2": account,
    }
    try:
        async with asyncio.timeout(WITHIN):
            seen = {**await follow(exchange), **await trade(exchange)}
    finally:
        await exchange.close()
    print(json.dumps(seen))  # noqa: T201 -- its answer to the test


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
