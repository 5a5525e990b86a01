"""Clients written by others trade on the local Binance, follow it, and see what its books say."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.clients.test_clients import PYTHON, SCRIPTS
from tests.support.local_binance import LocalBinance, running_local_binance
from tests.support.processes import run

BALANCES = {"USDT": "10000", "BTC": "1", "ETH": "5"}
SYMBOLS = 7

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(
        not PYTHON.exists(), reason="no .venv-clients: `make test` creates it for these tests"
    ),
]


async def live_with(script: str, binance: LocalBinance) -> dict[str, Any]:
    addresses = (binance.rest_url, binance.ws_api_url, binance.stream_url)
    child = await run(SCRIPTS / script, *addresses, binance.key, binance.secret, python=PYTHON)
    assert child.returncode == 0, child.said()
    seen: dict[str, Any] = json.loads(child.lines[-1])
    return seen


def running(state: Path) -> Any:
    return running_local_binance(state, balances=BALANCES, tick_ms=200.0)


async def fills_of(binance: LocalBinance, order_id: Any) -> list[dict[str, Any]]:
    fills = (await binance.book())["fills"]
    return [fill for fill in fills if fill["order_id"] == str(order_id)]


async def test_python_binance(tmp_path: Path) -> None:
    async with running(tmp_path) as binance:
        seen = await live_with("binance_with_python_binance.py", binance)
        assert (len(seen["symbols"]), seen["all"], seen["bars"]) == (SYMBOLS, SYMBOLS, 100)
        assert {asset: Decimal(free) for asset, free in seen["balances"].items()} == {
            asset: Decimal(total) for asset, total in BALANCES.items()
        }
        assert Decimal(seen["book"][0]) < Decimal(seen["book"][1])
        assert (seen["permissions"], seen["deposits"], seen["fees"]) == (False, 3, "0.001")
        assert seen["listen_key"] == ["BinanceAPIException", -1020]
        assert seen["resting"] == [[seen["placed"], "60000.50000000"]]
        assert (seen["again"][1], seen["poor"][1], seen["gone"][1]) == (-2010, -2010, -2011)
        assert (seen["ended"], seen["cancelled"], seen["orders"]) == ("CANCELED", "CANCELED", 1)
        fills = await fills_of(binance, seen["taken"])
        assert [str(number) for number in seen["fills"]] == [fill["trade_id"] for fill in fills]
        assert seen["trades"] == seen["fills"]
        assert seen["events"] == [
            ["executionReport", "NEW"],
            ["outboundAccountPosition", None],
            ["executionReport", "CANCELED"],
            ["outboundAccountPosition", None],
        ]
        assert len(set(seen["ids"])) == 1
        assert seen["streams"] == ["btcusdt@bookTicker", "ethusdt@kline_1m"]
        assert await binance.audit() == []


async def test_ccxt(tmp_path: Path) -> None:
    async with running(tmp_path) as binance:
        seen = await live_with("binance_with_ccxt.py", binance)
        assert len(seen["symbols"]) == SYMBOLS
        precision, limits = seen["market"]["precision"], seen["market"]["limits"]
        assert (precision["amount"], precision["price"]) == (0.00001, 0.01)
        assert (limits["cost"]["min"], limits["amount"]["min"]) == (5.0, 0.00001)
        assert seen["balance"]["USDT"] == {"free": 10000.0, "used": 0.0, "total": 10000.0}
        assert seen["ticker"][0] < seen["ticker"][1]
        assert seen["tickers"] == ["BTC/USDT", "ETH/BTC"]
        assert (seen["bars"], seen["status"]) == (100, "ok")
        assert seen["public_trades"] > 0
        assert seen["resting"] == [[seen["placed"], "open", 60000.5, 0.01]]
        assert (seen["cancelled"], seen["taken"][1:]) == ("canceled", ["closed", 0.5])
        fills = await fills_of(binance, seen["taken"][0])
        assert [row[0] for row in seen["trades"]] == [fill["trade_id"] for fill in fills]
        fee = sum(Decimal(str(row[2])) for row in seen["trades"])
        assert fee == sum(Decimal(fill["fee"]) for fill in fills) > 0
        assert {row[3] for row in seen["trades"]} == {"BTC"}
        assert 499 < seen["spent"] <= 500
        assert (seen["maker"], seen["poor"], seen["gone"]) == (
            "OrderImmediatelyFillable",
            "InsufficientFunds",
            "OrderNotFound",
        )
        assert (seen["small"], seen["deposits"], seen["fee"]) == ("BadRequest", 3, 0.001)
        assert seen["live_spread"][0] < seen["live_spread"][1]
        assert seen["live_candles"] > 0
        assert seen["told"] == [[seen["live_order"], "open"]]
        assert seen["held"] == 600.005
        assert await binance.audit() == []
