"""Gathers with ccxt what the symbol workflow needs: one question for prices, candles side by side.

Run by the clients' own Python: `python workflow_with_ccxt.py REST SYMBOLS SINCE TIMES`; SYMBOLS is
a JSON list, SINCE a time in milliseconds. Prints the median of the seconds it took.
"""

import asyncio
import json
import statistics
import sys
from importlib import import_module
from typing import Any

WITHIN = 120.0


async def gather(exchange: Any, symbols: list[str], since: int) -> None:
    """Ask for all of it at once."""
    candles = [exchange.fetch_ohlcv(symbol, "1m", since) for symbol in symbols]
    answers = await asyncio.gather(exchange.fetch_tickers(symbols), *candles)
    if not all(answers):
        raise RuntimeError("an answer was empty")


async def main(rest: str, wanted: str, since: str, times: str) -> None:
    symbols: list[str] = json.loads(wanted)
    exchange = import_module("ccxt.async_support").kraken({"enableRateLimit": False})
    exchange.urls["api"]["public"] = exchange.urls["api"]["private"] = rest
    clock = asyncio.get_running_loop()
    found = []
    try:
        async with asyncio.timeout(WITHIN):
            await exchange.load_markets()
            await gather(exchange, symbols, int(since))  # opens the connections
            for _ in range(int(times)):
                began = clock.time()
                await gather(exchange, symbols, int(since))
                found.append(clock.time() - began)
    finally:
        await exchange.close()
    print(json.dumps({"seconds": statistics.median(found)}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
