"""`python -m bench.frame_source RATE ASSETS`: speaks the private channels as fast as asked.

A process of its own, so that writing frames costs the reader nothing.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

from aiohttp import WSMsgType, web

from simulators.clock import Clock, RealClock

BURST = 10
"""Frames that leave at once, as they do when a burst of fills is booked."""
EXECUTIONS_OF_BURST = 2
STEP = "0.0001"


class Source:
    """One client at a time: both snapshots, then updates for ever."""

    def __init__(self, *, rate: float, assets: int, clock: Clock) -> None:
        """`rate` is in frames a second, over both channels."""
        self._rate = rate
        self._assets = [f"A{number}" for number in range(assets)]
        self._clock = clock
        self._units = dict.fromkeys(self._assets, 10**8)
        self._sequences = {"balances": 0, "executions": 0}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer what is asked, and begin to speak when both channels are subscribed to."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async with asyncio.TaskGroup() as group:
            speaking: asyncio.Task[None] | None = None
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                asked = json.loads(message.data)
                await self._answer(socket, asked)
                if speaking is None and all(self._sequences.values()):
                    speaking = group.create_task(self._speak(socket))
            if speaking is not None:
                speaking.cancel()
        return socket

    async def _answer(self, socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
        channel = asked.get("params", {}).get("channel")
        at = self._clock.now().isoformat()
        answer = {"method": asked["method"], "req_id": asked.get("req_id"), "success": True}
        await socket.send_json({**answer, "result": {"channel": channel}, "time_in": at})
        if channel is not None:
            rows = [] if channel == "executions" else [self._wallet(name) for name in self._assets]
            await socket.send_str(self._frame(channel, "snapshot", rows))

    async def _speak(self, socket: web.WebSocketResponse) -> None:
        began, sent = self._clock.monotonic(), 0
        while True:
            for _ in range(BURST):
                sent += 1
                await socket.send_str(self._update(sent))
            due = began + sent / self._rate
            await self._clock.sleep(max(0.0, due - self._clock.monotonic()))

    def _update(self, number: int) -> str:
        """Return a deposit, or the begin or end of an order."""
        if number % BURST >= BURST - EXECUTIONS_OF_BURST:
            return self._frame("executions", "update", [self._order(number)])
        name = self._assets[number % len(self._assets)]
        self._units[name] += 1
        row = {
            **self._wallet(name), "ledger_id": f"L{number}", "ref_id": f"F{number}",
            "type": "deposit", "amount": float(STEP), "fee": 0, "wallet_type": "spot",
            "wallet_id": "main", "timestamp": self._clock.now().isoformat(),
        }  # fmt: skip
        del row["wallets"]
        return self._frame("balances", "update", [row])

    def _order(self, number: int) -> dict[str, Any]:
        is_new = number % 2 == 0
        word = "new" if is_new else "canceled"
        return {
            "order_id": f"O{number // 2}", "exec_type": word, "order_status": word,
            "symbol": "A0/A1", "side": "buy", "order_type": "limit", "order_qty": 1.5,
            "limit_price": 2.5, "cum_qty": 0, "timestamp": self._clock.now().isoformat(),
        }  # fmt: skip

    def _wallet(self, name: str) -> dict[str, Any]:
        amount = self._units[name] / 10**4
        wallets = [{"type": "spot", "id": "main", "balance": amount}]
        return {"asset": name, "asset_class": "currency", "balance": amount, "wallets": wallets}

    def _frame(self, channel: str, kind: str, rows: list[dict[str, Any]]) -> str:
        self._sequences[channel] += 1
        return json.dumps(
            {"channel": channel, "type": kind, "data": rows, "sequence": self._sequences[channel]}
        )


async def main(arguments: Sequence[str]) -> None:
    """Listen until the process is ended; say where in one line of JSON."""
    rate, assets = float(arguments[0]), int(arguments[1])
    source = Source(rate=rate, assets=assets, clock=RealClock())
    application = web.Application()
    application.router.add_get("/", source.serve)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    print(json.dumps({"url": f"ws://{host}:{port}/"}), flush=True)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
