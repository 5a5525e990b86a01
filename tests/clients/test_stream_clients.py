"""Stream clients written by others follow the local Kraken and trade over its socket."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.clients.test_clients import PYTHON, SCRIPTS, fills_of
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.processes import run

BALANCES = {"USD": "10000", "BTC": "1", "ETH": "5"}

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(
        not PYTHON.exists(), reason="no .venv-clients: `make test` creates it for these tests"
    ),
]


async def stream_with(script: str, kraken: LocalKraken) -> dict[str, Any]:
    arguments = (kraken.rest_url, kraken.ws_url, kraken.ws_auth_url, kraken.key, kraken.secret)
    child = await run(SCRIPTS / script, *arguments, python=PYTHON)
    assert child.returncode == 0, child.said()
    seen: dict[str, Any] = json.loads(child.lines[-1])
    return seen


async def test_python_kraken_sdk_streams(tmp_path: Path) -> None:
    async with running_local_kraken(tmp_path, balances=BALANCES) as kraken:
        seen = await stream_with("stream_with_kraken_sdk.py", kraken)
        assert seen["bid"] > 0
        assert seen["balances"] == {"USD": 10000, "BTC": 1, "ETH": 5}
        assert sorted(seen["public"]) == [["BTC/USD"], ["DOGE/USD"]]
        assert seen["private"] == ["balances", "executions"]
        assert seen["pending"] == ["sdk-ws-1", 60000.5]
        assert seen["amended"] == ["amend_id", "order_id"]
        assert seen["cancelled"] == seen["resting"]
        (fill,) = await fills_of(kraken, seen["taken"])
        assert (Decimal(str(seen["filled"])), seen["ref_id"]) == (
            Decimal(fill["volume"]),
            fill["trade_id"],
        )
        assert (seen["gone"], seen["every"]) == ({"count": 2}, {"count": 0})
        assert seen["refused"] == "EOrder:Insufficient funds"
        assert (seen["after"], seen["broken"]) == ("0", False)
        assert await kraken.audit() == []
        assert (await kraken.current())["open_orders"] == []


async def test_ccxt_streams(tmp_path: Path) -> None:
    async with running_local_kraken(tmp_path, balances=BALANCES) as kraken:
        await kraken.market(speed=1)
        seen = await stream_with("stream_with_ccxt.py", kraken)
        assert 0 < seen["ticker"][0] < seen["ticker"][1]
        assert seen["book"][0] < seen["book"][1]
        assert seen["book"][2] == 10
        assert seen["trades"] > 0
        assert seen["candles"] == 720
        assert seen["balance"] == {"USD": 10000, "BTC": 1, "ETH": 5}
        assert seen["open"] == [[seen["limit"], 60000.5]]
        assert seen["edited"] == seen["limit"]
        assert seen["cancelled"] == {"order_id": seen["limit"], "cl_ord_id": "ccxt-ws-1"}
        (fill,) = await fills_of(kraken, seen["taken"])
        assert seen["fill"] == [fill["trade_id"], seen["taken"], 0.01, "USD"]
        assert seen["changed"]["BTC"] == 1.01
        assert seen["every"] == {"count": 0}
        assert seen["refused"][1] == "EOrder:Insufficient funds"
        assert await kraken.audit() == []
