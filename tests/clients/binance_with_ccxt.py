"""Trades on a local Binance and follows its streams with ccxt; prints what it saw.

Run by the clients' own Python: `python binance_with_ccxt.py REST WS_API STREAM KEY SECRET`. Only
the addresses are changed.
"""

import asyncio
import json
import sys
from importlib import import_module
from typing import Any

PAIR = "BTC/USDT"


async def look(exchange: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {"symbols": sorted(await exchange.load_markets())}
    market = exchange.market(PAIR)
    seen["market"] = {"precision": market["precision"], "limits": market["limits"]}
    balance = await exchange.fetch_balance()
    seen["balance"] = {asset: balance[asset] for asset in ("USDT", "BTC", "ETH")}
    ticker = await exchange.fetch_ticker(PAIR)
    seen["ticker"] = [ticker["bid"], ticker["ask"]]
    seen["tickers"] = sorted(await exchange.fetch_tickers([PAIR, "ETH/BTC"]))
    book = await exchange.fetch_order_book(PAIR, 5)
    seen["spread"] = [book["bids"][0][0], book["asks"][0][0]]
    seen["bars"] = len(await exchange.fetch_ohlcv("ETH/USDT", "1h", limit=100))
    seen["public_trades"] = len(await exchange.fetch_trades(PAIR))
    seen["status"] = (await exchange.fetch_status())["status"]
    return seen


async def trade(exchange: Any) -> dict[str, Any]:
    limit = await exchange.create_order(
        PAIR, "limit", "buy", 0.01, 60000.5, {"clientOrderId": "ccxt-1"}
    )
    resting = await exchange.fetch_open_orders(PAIR)
    await exchange.cancel_order(limit["id"], PAIR)
    taken = await exchange.create_order("ETH/BTC", "market", "sell", 0.5)
    cost = await exchange.create_market_buy_order_with_cost(PAIR, 500)
    maker = await refusal(
        exchange.create_order(PAIR, "limit", "buy", 0.01, 65000, {"postOnly": True})
    )
    return {
        "placed": limit["id"],
        "resting": [[o["id"], o["status"], o["price"], o["amount"]] for o in resting],
        "cancelled": (await exchange.fetch_order(limit["id"], PAIR))["status"],
        "taken": [taken["id"], taken["status"], taken["filled"]],
        "trades": [
            [t["id"], t["side"], t["fee"]["cost"], t["fee"]["currency"]]
            for t in await exchange.fetch_my_trades("ETH/BTC")
        ],
        "spent": cost["cost"],
        "maker": maker,
        "poor": await refusal(exchange.create_order(PAIR, "limit", "buy", 5, 60000.5)),
        "gone": await refusal(exchange.fetch_order("999999", PAIR)),
        "small": await refusal(exchange.create_order(PAIR, "limit", "buy", 0.00001, 60000.5)),
        "deposits": len(await exchange.fetch_deposits()),
        "fee": (await exchange.fetch_trading_fee(PAIR))["taker"],
    }


async def refusal(wish: Any) -> str:
    """Ask for what is refused; which error ccxt makes of it is the finding."""
    try:
        await wish
    except Exception as error:  # noqa: BLE001 -- as above
        return type(error).__name__
    return ""


async def follow(exchange: Any) -> dict[str, Any]:
    book = await exchange.watch_order_book(PAIR)
    ticker = await exchange.watch_ticker(PAIR)
    candles = await exchange.watch_ohlcv(PAIR, "1m")
    await exchange.authenticate()
    async with asyncio.TaskGroup() as group:
        orders = group.create_task(exchange.watch_orders(PAIR))
        balances = group.create_task(exchange.watch_balance())
        limit = await exchange.create_order_ws(PAIR, "limit", "buy", 0.01, 60000.5)
    await exchange.cancel_order_ws(limit["id"], PAIR)
    return {
        "live_spread": [book["bids"][0][0], book["asks"][0][0]],
        "live_last": ticker["last"],
        "live_candles": len(candles),
        "told": [[order["id"], order["status"]] for order in orders.result()],
        "live_order": limit["id"],
        "held": balances.result()["USDT"]["used"],
    }


async def main(rest: str, api: str, stream: str, key: str, secret: str) -> None:
    ccxt = import_module("ccxt.pro")
    exchange = ccxt.binance(
        {
            "apiKey": key,
            "secret": secret,
            "enableRateLimit": False,
            "options": {
                "defaultType": "spot",
                "fetchMarkets": {"types": ["spot"]},
                "fetchMargins": False,
                "fetchCurrencies": False,
            },
        }
    )
    addresses = exchange.urls["api"]
    addresses["public"] = addresses["private"] = f"{rest}/api/v3"
    addresses["sapi"] = f"{rest}/sapi/v1"
    addresses["ws"]["ws-api"]["spot"] = api
    addresses["ws"]["spot"] = stream.replace("/stream", "/ws")
    try:
        seen = {**await look(exchange), **await trade(exchange), **await follow(exchange)}
        print(json.dumps(seen))  # noqa: T201 -- its answer to the test
    finally:
        await exchange.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
