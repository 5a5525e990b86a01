"""Trades on a local Kraken with krakenex, given its address; prints what it saw.

Run by the clients' own Python: `python trade_with_krakenex.py REST_URL KEY SECRET`.
"""

import json
import sys
from importlib import import_module
from typing import Any

CLIENT_ORDER_ID = "kx-1"
LIMIT = {
    "pair": "XBTUSD",
    "type": "buy",
    "ordertype": "limit",
    "price": "60000.5",
    "volume": "0.01",
}


def trade(api: Any) -> dict[str, Any]:
    def ask(method: str, **words: str) -> Any:
        answer = api.query_private(method, words)
        return answer["result"] if not answer["error"] else answer["error"]

    seen: dict[str, Any] = {
        "time": api.query_public("Time")["result"]["unixtime"],
        "pairs": sorted(api.query_public("AssetPairs")["result"]),
        "ticker": sorted(api.query_public("Ticker", {"pair": "XBTUSD,XDGUSD"})["result"]),
        "unknown": api.query_public("Ticker", {"pair": "XBTUSD,NOPE"})["error"],
        "balance": ask("Balance"),
        "validated": sorted(ask("AddOrder", validate="true", **LIMIT)),
    }
    (seen["placed"],) = ask("AddOrder", cl_ord_id=CLIENT_ORDER_ID, **LIMIT)["txid"]
    seen["again"] = ask("AddOrder", cl_ord_id=CLIENT_ORDER_ID, **LIMIT)
    seen["open"] = sorted(ask("OpenOrders", cl_ord_id=CLIENT_ORDER_ID)["open"])
    seen["held"] = ask("BalanceEx")["ZUSD"]
    seen["cancelled"] = ask("CancelOrder", txid=seen["placed"])
    market = {"pair": "ETHXBT", "type": "sell", "ordertype": "market", "volume": "0.5"}
    (seen["taken"],) = ask("AddOrder", **market)["txid"]
    seen["filled"] = ask("QueryOrders", txid=seen["taken"])[seen["taken"]]["status"]
    seen["closed"] = sorted(ask("ClosedOrders")["closed"])
    seen["trades"] = ask("TradesHistory")["count"]
    seen["refused"] = ask("AddOrder", **{**LIMIT, "volume": "100"})
    return seen


def main(url: str, key: str, secret: str) -> None:
    api = import_module("krakenex").API(key=key, secret=secret)
    api.uri = url
    print(json.dumps(trade(api)))  # noqa: T201 -- its answer to the test


if __name__ == "__main__":
    main(*sys.argv[1:])
