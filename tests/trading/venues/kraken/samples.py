"""Answers in Kraken's shape, written from its documentation, and orders to send."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.support.clock import START
from tests.trading.venues.scripted_venue import ScriptedVenue, result
from trading.model.approval import ApprovedOrder
from trading.model.identifiers import Asset, ClientOrderId, CorrelationId, Symbol, VenueName
from trading.model.instrument import Side
from trading.model.order import OrderIntent, OrderOrigin, OrderType, TimeInForce

KEY = "test-key"
SECRET = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
KRAKEN = VenueName("kraken")
BTC_USD = Symbol(Asset("BTC"), Asset("USD"))
ETH_BTC = Symbol(Asset("ETH"), Asset("BTC"))
DOGE_USD = Symbol(Asset("DOGE"), Asset("USD"))

ASSETS: dict[str, Any] = {
    code: {"aclass": "currency", "altname": altname, "decimals": 10, "display_decimals": 5}
    for code, altname in (
        ("XXBT", "XBT"), ("XETH", "ETH"), ("ZUSD", "USD"), ("XXDG", "XDG"), ("SOL", "SOL"),
        ("XTZ", "XTZ"), ("ADA.S", "ADA.S"), ("XBT.F", "XBT.F"),
    )
}  # fmt: skip


def pair(altname: str, base: str, quote: str, **changes: Any) -> dict[str, Any]:
    row = {
        "altname": altname,
        "wsname": "X/Y",
        "aclass_base": "currency",
        "base": base,
        "aclass_quote": "currency",
        "quote": quote,
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": 1,
        "lot_decimals": 8,
        "lot_multiplier": 1,
        "fees": [[0, 0.4], [10000, 0.35]],
        "fees_maker": [[0, 0.25], [10000, 0.2]],
        "fee_volume_currency": "ZUSD",
        "ordermin": "0.00005",
        "costmin": "0.5",
        "tick_size": "0.1",
        "status": "online",
        "long_position_limit": 99999999999,
    }
    return {**row, **changes}


PAIRS: dict[str, Any] = {
    "XXBTZUSD": pair("XBTUSD", "XXBT", "ZUSD"),
    "XETHXXBT": pair("ETHXBT", "XETH", "XXBT", pair_decimals=5, tick_size="0.00001"),
    "XDGUSD": pair("XDGUSD", "XXDG", "ZUSD", pair_decimals=7, tick_size="0.0000001"),
}


def serve_reference_data(venue: ScriptedVenue) -> None:
    venue.on("Assets", result(ASSETS))
    venue.on("AssetPairs", result(PAIRS))
    venue.on("Time", result({"unixtime": int(START.timestamp()), "rfc1123": "now"}))


def buy_order(client_order_id: str = "sytest-0000000a001") -> ApprovedOrder:
    return ApprovedOrder(
        client_order_id=ClientOrderId(client_order_id),
        intent=OrderIntent(
            venue=KRAKEN,
            symbol=BTC_USD,
            side=Side.BUY,
            quantity=Decimal("0.00010000"),
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.IOC,
            limit_price=Decimal("50000.0"),
            reserve_asset=Asset("USD"),
            reserve_amount=Decimal("5.02"),
            origin=OrderOrigin.MANUAL,
            reason="a test",
            run_id=None,
            correlation_id=CorrelationId("c-1"),
        ),
        deadline_at=START + timedelta(seconds=5),
        evidence={},
    )


def order_row(**changes: Any) -> dict[str, Any]:
    row = {
        "refid": None,
        "userref": 0,
        "cl_ord_id": "sytest-0000000a001",
        "status": "open",
        "opentm": 1688583840.8648,
        "starttm": 0,
        "expiretm": 0,
        "descr": {
            "pair": "XBTUSD",
            "type": "buy",
            "ordertype": "limit",
            "price": "29500.0",
            "price2": "0",
            "leverage": "none",
            "order": "buy 0.50000000 XBTUSD @ limit 29500.0",
            "close": "",
        },
        "vol": "0.50000000",
        "vol_exec": "0.00000000",
        "cost": "0.00000",
        "fee": "0.00000",
        "price": "0.00000",
        "misc": "",
        "oflags": "fciq",
    }
    return {**row, **changes}


def fill_row(**changes: Any) -> dict[str, Any]:
    row = {
        "ordertxid": "OAAAAA-BBBBB-CCCCCC",
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "pair": "XXBTZUSD",
        "time": 1688585840.8921,
        "type": "buy",
        "ordertype": "limit",
        "price": "29500.5",
        "cost": "14750.25",
        "fee": "23.6",
        "vol": "0.50000000",
        "margin": "0.00000",
        "misc": "",
        "trade_id": 1001,
        "maker": True,
    }
    return {**row, **changes}
