"""Trades on a local Kraken with ccxt, unmodified but for its addresses; prints what it saw.

Run by the clients' own Python: `python trade_with_ccxt.py REST_URL KEY SECRET`.
"""

import asyncio
import json
import sys
from importlib import import_module
from typing import Any

CLIENT_ORDER_ID = "ccxt-1"


async def trade(exchange: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {"symbols": sorted(await exchange.load_markets())}
    market = exchange.market("BTC/USD")
    seen["market"] = {"precision": market["precision"], "limits": market["limits"]}
    seen["time"] = await exchange.fetch_time()
    seen["balance"] = await exchange.fetch_balance()
    ticker = await exchange.fetch_ticker("BTC/USD")
    seen["ticker"] = {name: ticker[name] for name in ("symbol", "bid", "ask", "last")}
    seen["tickers"] = sorted(await exchange.fetch_tickers(["BTC/USD", "DOGE/USD"]))
    book = await exchange.fetch_order_book("BTC/USD", 5)
    seen["spread"] = [book["bids"][0][0], book["asks"][0][0]]
    seen["bars"] = len(await exchange.fetch_ohlcv("ETH/USD", "1h", limit=100))
    seen["public_trades"] = len(await exchange.fetch_trades("BTC/USD"))
    seen.update(await trade_privately(exchange))
    return seen


async def trade_privately(exchange: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    price = 60000.5
    limit = await exchange.create_order(
        "BTC/USD", "limit", "buy", 0.01, price, {"clientOrderId": CLIENT_ORDER_ID}
    )
    seen["placed"] = limit["id"]
    resting = await exchange.fetch_open_orders("BTC/USD")
    seen["resting"] = [[o["id"], o["status"], o["price"], o["amount"]] for o in resting]
    seen["held"] = (await exchange.fetch_balance())["USD"]
    await exchange.cancel_order(limit["id"])
    seen["cancelled"] = (await exchange.fetch_order(limit["id"]))["status"]
    taken = await exchange.create_order("ETH/BTC", "market", "sell", 0.5)
    seen["taken"] = taken["id"]
    filled = await exchange.fetch_order(taken["id"])
    seen["filled"] = {name: filled[name] for name in ("status", "filled", "cost", "fee")}
    trades = await exchange.fetch_my_trades("ETH/BTC")
    seen["trades"] = [[t["id"], t["side"], t["amount"], t["price"], t["fee"]] for t in trades]
    closed = await exchange.fetch_closed_orders("ETH/BTC")
    seen["closed"] = [order["id"] for order in closed]
    ledger = await exchange.fetch_ledger()
    seen["ledger"] = sorted({row["type"] for row in ledger})
    seen["fee"] = (await exchange.fetch_trading_fee("BTC/USD"))["taker"]
    try:
        await exchange.create_order("BTC/USD", "limit", "buy", 100, price)
    except Exception as error:  # noqa: BLE001 -- which error ccxt makes of it is the finding
        seen["refused"] = type(error).__name__
    return seen


async def main(url: str, key: str, secret: str) -> None:
    ccxt = import_module("ccxt.async_support")
    exchange = ccxt.kraken({"apiKey": key, "secret": secret, "enableRateLimit": False})
    exchange.urls["api"]["public"] = exchange.urls["api"]["private"] = url
    try:
        print(json.dumps(await trade(exchange)))  # noqa: T201 -- its answer to the test
    finally:
        await exchange.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
