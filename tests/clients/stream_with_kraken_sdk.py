"""Follows a local Kraken's streams with python-kraken-sdk and trades over them.

Run by the clients' own Python: `python stream_with_kraken_sdk.py REST WS WS_AUTH KEY SECRET`.
The SDK appends "/v2" to the addresses itself; nothing else of it is changed.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

WITHIN = 60.0
ORDER = {"order_type": "limit", "side": "buy", "order_qty": 0.01, "symbol": "BTC/USD"}


class Listener:
    """Keeps what the client was told, and waits for what it wants."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self._heard = asyncio.Event()

    async def hear(self, message: dict[str, Any]) -> None:
        self.told.append(message)
        self._heard.set()

    async def until(self, wanted: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        async with asyncio.timeout(WITHIN):
            while True:
                for message in self.told:
                    if wanted(message):
                        return message
                self._heard.clear()
                await self._heard.wait()

    async def answer(self, number: int) -> dict[str, Any]:
        return await self.until(lambda message: message.get("req_id") == number)

    async def channel(self, name: str, kind: str) -> dict[str, Any]:
        return await self.until(lambda m: (m.get("channel"), m.get("type")) == (name, kind))

    async def step(self, order_id: str, kind: str) -> dict[str, Any]:
        """Wait for a step of an order on `executions`."""

        def rows(message: dict[str, Any]) -> list[dict[str, Any]]:
            if message.get("channel") != "executions":
                return []
            data = message["data"]
            return [r for r in data if (r["order_id"], r["exec_type"]) == (order_id, kind)]

        return rows(await self.until(rows))[0]


async def follow(client: Any, listener: Listener) -> dict[str, Any]:
    await client.subscribe(params={"channel": "ticker", "symbol": ["BTC/USD", "DOGE/USD"]})
    await client.subscribe(params={"channel": "balances"})
    await client.subscribe(params={"channel": "executions"})
    ticker = await listener.channel("ticker", "snapshot")
    balances = await listener.channel("balances", "snapshot")
    await listener.channel("executions", "snapshot")
    await listener.until(lambda message: message.get("channel") == "heartbeat")
    await listener.until(lambda message: message.get("method") == "pong")
    return {
        "bid": ticker["data"][0]["bid"],
        "balances": {row["asset"]: row["balance"] for row in balances["data"]},
        "public": [row["symbol"] for row in client.active_public_subscriptions],
        "private": sorted(row["channel"] for row in client.active_private_subscriptions),
    }


async def trade(client: Any, listener: Listener) -> dict[str, Any]:
    async def ask(number: int, method: str, params: dict[str, Any]) -> dict[str, Any]:
        await client.send_message({"method": method, "params": params, "req_id": number})
        return await listener.answer(number)

    limit = {**ORDER, "limit_price": 60000.5, "cl_ord_id": "sdk-ws-1"}
    resting = (await ask(1, "add_order", limit))["result"]["order_id"]
    pending = await listener.step(resting, "pending_new")
    amended = await ask(2, "amend_order", {"order_id": resting, "order_qty": 0.02})
    cancelled = await ask(3, "cancel_order", {"order_id": [resting]})
    await listener.step(resting, "canceled")
    taken = await ask(4, "add_order", {**ORDER, "order_type": "market"})
    order_id = taken["result"]["order_id"]
    filled = await listener.step(order_id, "filled")
    balance = await listener.channel("balances", "update")
    batch = [{"order_type": "limit", "side": "buy", "order_qty": 0.01, "limit_price": 50000.0}]
    many = await ask(5, "batch_add", {"symbol": "BTC/USD", "orders": batch * 2})
    ids = [row["order_id"] for row in many["result"]["orders"]]
    gone = await ask(6, "batch_cancel", {"orders": ids})
    refused = await ask(7, "add_order", {**limit, "order_qty": 100})
    every = await ask(8, "cancel_all", {})
    after = await ask(9, "cancel_all_orders_after", {"timeout": 0})
    return {
        "resting": resting,
        "pending": [pending["cl_ord_id"], pending["limit_price"]],
        "amended": sorted(amended["result"]),
        "cancelled": cancelled["result"]["order_id"],
        "taken": order_id,
        "filled": filled["cum_qty"],
        "ref_id": balance["data"][0]["ref_id"],
        "gone": gone["result"],
        "refused": refused["error"],
        "every": every["result"],
        "after": after["result"]["triggerTime"],
    }


async def main(rest: str, stream: str, account: str, key: str, secret: str) -> None:
    spot = import_module("kraken.spot")
    listener = Listener()
    client = spot.SpotWSClient(
        key=key,
        secret=secret,
        callback=listener.hear,
        rest_url=rest,
        ws_url=stream.removesuffix("/v2"),
        auth_ws_url=account.removesuffix("/v2"),
    )
    async with client:
        seen = {**await follow(client, listener), **await trade(client, listener)}
        seen["broken"] = client.exception_occur
    print(json.dumps(seen))  # noqa: T201 -- its answer to the test


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
