"""Trades on a local Kraken with python-kraken-sdk, given its address; prints what it saw.

Run by the clients' own Python: `python trade_with_kraken_sdk.py REST_URL KEY SECRET`.
"""

import json
import sys
from importlib import import_module
from typing import Any

CLIENT_ORDER_ID = "sdk-1"


def look(market: Any) -> dict[str, Any]:
    book = market.get_order_book(pair="XBTUSD", count=3)["XXBTZUSD"]
    return {
        "status": market.get_system_status()["status"],
        "assets": sorted(market.get_assets()),
        "pairs": sorted(market.get_asset_pairs()),
        "ticker": market.get_ticker(pair="XBTUSD")["XXBTZUSD"]["a"][0],
        "levels": [len(book["asks"]), len(book["bids"])],
        "bars": len(market.get_ohlc(pair="ETHUSD", interval=60)["XETHZUSD"]),
    }


def trade(user: Any, orders: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {"balance": user.get_account_balance(), "full": user.get_balances()}
    seen["one"] = user.get_balance(currency="USD")
    placed = orders.create_order(
        ordertype="limit",
        side="buy",
        pair="XBTUSD",
        volume="0.01",
        price="60000.5",  # its own truncation would ask the real venue for the decimals
        cl_ord_id=CLIENT_ORDER_ID,
    )
    seen["placed"] = placed["txid"][0]
    seen["open"] = sorted(user.get_open_orders()["open"])
    seen["price"] = user.get_open_orders()["open"][seen["placed"]]["descr"]["price"]
    seen["cancelled"] = orders.cancel_order(cl_ord_id=CLIENT_ORDER_ID)
    taken = orders.create_order(ordertype="market", side="sell", pair="XETHXXBT", volume="0.5")
    seen["taken"] = taken["txid"][0]
    seen["closed"] = sorted(user.get_closed_orders()["closed"])
    info = user.get_orders_info(txid=seen["taken"], trades=True)[seen["taken"]]
    seen["filled"] = [info["status"], info["vol_exec"]]
    seen["trades"] = user.get_trades_history()["count"]
    seen["traded"] = sorted(user.get_trades_info(txid=info["trades"][0]))
    seen["ledger"] = user.get_ledgers_info()["count"]
    seen["volume"] = user.get_trade_volume(pair="XBTUSD")["fees"]["XXBTZUSD"]["fee"]
    seen["equity"] = user.get_trade_balance()["eb"]
    return {**seen, **trade_in_batches(orders)}


def trade_in_batches(orders: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    batch = orders.create_order_batch(
        orders=[
            {"ordertype": "limit", "type": "buy", "volume": "0.01", "price": "60000"},
            {"ordertype": "limit", "type": "buy", "volume": "10", "price": "60000"},
        ],
        pair="XBTUSD",
    )
    seen["batch"] = [sorted(set(order) - {"descr"}) for order in batch["orders"]]
    seen["after"] = orders.cancel_all_orders_after_x(timeout=60)["triggerTime"]
    seen["all"] = orders.cancel_all_orders()
    try:
        orders.create_order(
            ordertype="limit", side="buy", pair="XBTUSD", volume="100", price="60000"
        )
    except Exception as error:  # noqa: BLE001 -- which error the SDK makes of it is the finding
        seen["refused"] = type(error).__name__
    return seen


def main(url: str, key: str, secret: str) -> None:
    spot = import_module("kraken.spot")
    market = spot.Market(url=url)
    user = spot.User(key=key, secret=secret, url=url)
    orders = spot.Trade(key=key, secret=secret, url=url)
    seen = {"public": look(market), **trade(user, orders)}
    token = spot.SpotClient(key=key, secret=secret, url=url).request(
        "POST", "/0/private/GetWebSocketsToken"
    )
    seen["token"] = sorted(token)
    print(json.dumps(seen))  # noqa: T201 -- its answer to the test


if __name__ == "__main__":
    main(*sys.argv[1:])
