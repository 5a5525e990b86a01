"""Trades on a local Binance and follows its streams with python-binance; prints what it saw.

Run by the clients' own Python: `python binance_with_python_binance.py REST WS_API STREAM KEY
SECRET`. Only the addresses are changed.
"""

import asyncio
import json
import sys
from importlib import import_module
from typing import Any

WITHIN = 60.0
CLIENT_ORDER_ID = "python-binance-1"
LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "60000.5",
    "quantity": "0.01",
}


async def look(client: Any) -> dict[str, Any]:
    info = await client.get_exchange_info()
    account = await client.get_account(omitZeroBalances="true")
    ticker = await client.get_ticker(symbol="BTCUSDT")
    book = await client.get_order_book(symbol="BTCUSDT", limit=5)
    return {
        "symbols": [each["symbol"] for each in info["symbols"]],
        "balances": {row["asset"]: row["free"] for row in account["balances"]},
        "spread": [ticker["bidPrice"], ticker["askPrice"]],
        "book": [book["bids"][0][0], book["asks"][0][0]],
        "all": len(await client.get_symbol_ticker()),
        "bars": len(await client.get_klines(symbol="ETHUSDT", interval="1h", limit=100)),
        "permissions": (await client.get_account_api_permissions())["enableWithdrawals"],
        "deposits": len(await client.get_deposit_history()),
        "fees": (await client.get_trade_fee(symbol="BTCUSDT"))[0]["takerCommission"],
        "listen_key": await refusal(client.stream_get_listen_key()),
    }


async def refusal(wish: Any) -> list[Any]:
    """Ask for what is refused; what the library makes of it is the finding."""
    try:
        await wish
    except Exception as error:  # noqa: BLE001 -- as above
        return [type(error).__name__, getattr(error, "code", None)]
    return []


async def trade(client: Any) -> dict[str, Any]:
    placed = await client.create_order(**LIMIT, newClientOrderId=CLIENT_ORDER_ID)
    resting = await client.get_open_orders(symbol="BTCUSDT")
    again = await refusal(client.create_order(**LIMIT, newClientOrderId=CLIENT_ORDER_ID))
    ended = await client.cancel_order(symbol="BTCUSDT", origClientOrderId=CLIENT_ORDER_ID)
    taken = await client.create_order(
        symbol="ETHBTC", side="SELL", type="MARKET", quantity="0.5", newOrderRespType="FULL"
    )
    return {
        "placed": placed["orderId"],
        "resting": [[order["orderId"], order["price"]] for order in resting],
        "again": again,
        "ended": ended["status"],
        "taken": taken["orderId"],
        "fills": [fill["tradeId"] for fill in taken["fills"]],
        "trades": [row["id"] for row in await client.get_my_trades(symbol="ETHBTC")],
        "orders": len(await client.get_all_orders(symbol="BTCUSDT")),
        "poor": await refusal(client.create_order(**{**LIMIT, "quantity": "5"})),
        "gone": await refusal(client.cancel_order(symbol="BTCUSDT", orderId=placed["orderId"])),
    }


async def follow(client: Any, manager: Any) -> dict[str, Any]:
    async with manager.user_socket() as account:
        placed = await client.ws_create_order(**LIMIT)
        events = [await next_of(account) for _ in range(2)]
        ended = await client.ws_cancel_order(symbol="BTCUSDT", orderId=placed["orderId"])
        events += [await next_of(account) for _ in range(2)]
    names = ["btcusdt@bookTicker", "ethusdt@kline_1m"]
    async with manager.multiplex_socket(names) as market:
        told = {(await next_of(market))["stream"] for _ in names}
    return {
        "events": [[event["e"], event.get("x")] for event in events],
        "ids": [placed["clientOrderId"], events[0]["c"], events[2]["C"]],
        "cancelled": ended["status"],
        "streams": sorted(told),
    }


async def next_of(socket: Any) -> Any:
    return await asyncio.wait_for(socket.recv(), WITHIN)


async def main(rest: str, api: str, stream: str, key: str, secret: str) -> None:
    binance = import_module("binance")
    addresses = {"API_URL": f"{rest}/api", "MARGIN_API_URL": f"{rest}/sapi", "WS_API_URL": api}
    for name, address in addresses.items():
        setattr(binance.AsyncClient, name, address)
    client = await binance.AsyncClient.create(key, secret)
    manager = binance.BinanceSocketManager(client)
    manager.STREAM_URL = stream.removesuffix("stream")
    try:
        seen = {**await look(client), **await trade(client), **await follow(client, manager)}
        print(json.dumps(seen))  # noqa: T201 -- its answer to the test
    finally:
        # Not close_connection: it waits ten seconds for its socket to say something more.
        await client.session.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
