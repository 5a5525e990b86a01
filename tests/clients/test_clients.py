"""Clients written by others trade on the local Kraken and see what its books say."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.processes import run
from tests.support.shared import ROOT

PYTHON = ROOT / ".venv-clients" / "bin" / "python"
SCRIPTS = Path(__file__).parent
PAIRS = 7

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(
        not PYTHON.exists(), reason="no .venv-clients: `make test` creates it for these tests"
    ),
]


async def trade_with(script: str, kraken: LocalKraken) -> dict[str, Any]:
    arguments = (kraken.rest_url, kraken.key, kraken.secret)
    child = await run(SCRIPTS / script, *arguments, python=PYTHON)
    assert child.returncode == 0, child.said()
    seen: dict[str, Any] = json.loads(child.lines[-1])
    return seen


def running(state: Path) -> Any:
    balances = {"USD": "10000", "BTC": "1", "ETH": "5"}
    return running_local_kraken(state, balances=balances)


async def fills_of(kraken: LocalKraken, order_id: str) -> list[dict[str, Any]]:
    return [fill for fill in (await kraken.book())["fills"] if fill["order_id"] == order_id]


async def test_ccxt_trades(tmp_path: Path) -> None:
    async with running(tmp_path) as kraken:
        seen = await trade_with("trade_with_ccxt.py", kraken)
        assert len(seen["symbols"]) == PAIRS
        assert "DOGE/USD" in seen["symbols"]
        assert seen["market"]["precision"] == {"amount": 1e-08, "price": 0.1}
        assert seen["market"]["limits"]["amount"]["min"] == 0.00005
        assert seen["balance"]["free"] == {"USD": 10000.0, "BTC": 1.0, "ETH": 5.0}
        assert seen["ticker"]["bid"] == seen["spread"][0] < seen["spread"][1]
        assert seen["tickers"] == ["BTC/USD", "DOGE/USD"]
        assert seen["bars"] == 100
        assert seen["public_trades"] > 0
        assert seen["resting"] == [[seen["placed"], "open", 60000.5, 0.01]]
        # 600.005 and 0.4 % of it, raised to the fourth decimal each
        assert seen["held"] == {"free": 9397.5949, "used": 602.4051, "total": 10000.0}
        assert seen["cancelled"] == "canceled"
        fills = await fills_of(kraken, seen["taken"])
        assert seen["filled"]["status"] == "closed"
        assert seen["filled"]["filled"] == 0.5
        assert [row[0] for row in seen["trades"]] == [fill["trade_id"] for fill in fills]
        fee = sum(Decimal(str(row[4]["cost"])) for row in seen["trades"])
        assert fee == sum(Decimal(fill["fee"]) for fill in fills) > 0
        assert seen["closed"] == [seen["taken"]]
        assert seen["ledger"] == ["trade", "transaction"]
        assert seen["fee"] == 0.004
        assert seen["refused"] == "InsufficientFunds"
        assert await kraken.audit() == []


async def test_python_kraken_sdk_trades(tmp_path: Path) -> None:
    async with running(tmp_path) as kraken:
        seen = await trade_with("trade_with_kraken_sdk.py", kraken)
        public = seen["public"]
        assert public["status"] == "online"
        assert len(public["pairs"]) == PAIRS
        assert public["levels"] == [3, 3]
        assert public["bars"] == 720
        assert seen["balance"]["XXBT"] == "1.0000000000"
        assert seen["full"]["ZUSD"]["hold_trade"] == "0.0000"
        assert float(seen["one"]["available_balance"]) == 10000
        assert (seen["open"], seen["price"]) == ([seen["placed"]], "60000.5")
        assert seen["cancelled"] == {"count": 1}
        assert seen["closed"] == sorted([seen["placed"], seen["taken"]])
        assert seen["filled"] == ["closed", "0.50000000"]
        assert seen["trades"] == len(await fills_of(kraken, seen["taken"]))
        assert len(seen["traded"]) == 1
        assert seen["ledger"] == 3 + 2 * seen["trades"]
        assert seen["volume"] == "0.4000"
        assert seen["batch"] == [["txid"], ["error"]]
        assert seen["all"] == {"count": 1}
        assert seen["refused"] == "KrakenInsufficientFundsError"
        assert seen["token"] == ["expires", "token"]
        assert await kraken.audit() == []


async def test_krakenex_trades(tmp_path: Path) -> None:
    async with running(tmp_path) as kraken:
        seen = await trade_with("trade_with_krakenex.py", kraken)
        assert len(seen["pairs"]) == PAIRS
        assert seen["ticker"] == ["XDGUSD", "XXBTZUSD"]
        assert seen["unknown"] == ["EQuery:Unknown asset pair"]
        assert seen["balance"]["XETH"] == "5.0000000000"
        assert seen["validated"] == ["descr"]
        assert seen["again"] == ["EGeneral:Invalid arguments:cl_ord_id not unique"]
        assert seen["open"] == [seen["placed"]]
        assert seen["held"] == {"balance": "10000.0000", "hold_trade": "602.4051"}
        assert seen["cancelled"] == {"count": 1}
        assert seen["filled"] == "closed"
        assert seen["closed"] == sorted([seen["placed"], seen["taken"]])
        assert seen["trades"] == len(await fills_of(kraken, seen["taken"]))
        assert seen["refused"] == ["EOrder:Insufficient funds"]
        assert await kraken.audit() == []
