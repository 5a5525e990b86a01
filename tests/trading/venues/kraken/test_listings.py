"""Kraken's names and steps become ours, and a row that cannot be read harms no other."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.trading.venues.kraken.samples import (
    ASSETS,
    BTC_USD,
    DOGE_USD,
    ETH_BTC,
    KRAKEN,
    PAIRS,
    pair,
)
from trading.model.identifiers import Asset, Symbol
from trading.model.instrument import Instrument, InstrumentStatus
from trading.venues.decoding import Malformed, decode_json
from trading.venues.kraken.codes import AssetCodes, is_held_elsewhere
from trading.venues.kraken.instruments import PairList, parse_pairs

CODES = AssetCodes.parse(ASSETS)


def pairs(**rows: Any) -> PairList:
    over_the_wire = decode_json(json.dumps(rows).encode())
    return parse_pairs(over_the_wire, venue=KRAKEN, assets=CODES)


@pytest.mark.parametrize(
    ("code", "asset"),
    [
        ("XXBT", "BTC"),
        ("XBT", "BTC"),
        ("XXDG", "DOGE"),
        ("XDG", "DOGE"),
        ("ZUSD", "USD"),
        ("USD", "USD"),
        ("XTZ", "XTZ"),
        ("SOL", "SOL"),
        ("ZEUR", "EUR"),
        ("XXMR", "XMR"),
    ],
)
def test_codes_old_and_new(code: str, asset: str) -> None:
    assert CODES.find(code) == Asset(asset)


@pytest.mark.parametrize("code", ["XXXX", "ZRX", "XRP", "", "btc"])
def test_a_code_in_no_list_is_not_guessed(code: str) -> None:
    assert CODES.find(code) is None


@pytest.mark.parametrize(
    ("code", "held"),
    [
        ("XBT.F", True), ("ADA.S", True), ("DOT.M", True), ("ETH.B", True), ("ZUSD.HOLD", True),
        ("XXBT", False), ("AAPL.T", True), ("F", False), (".F", False),
    ],
)  # fmt: skip
def test_suffixes_tell_what_cannot_be_spent(code: str, *, held: bool) -> None:
    assert is_held_elsewhere(code) is held


@pytest.mark.parametrize("result", [None, [], {}, {"XXBT": {}}, {"XXBT": {"altname": "***"}}])
def test_an_asset_list_without_a_readable_row_is_malformed(result: Any) -> None:
    with pytest.raises(Malformed):
        AssetCodes.parse(result)


def test_an_instrument_has_kraken_s_steps_and_worst_fees() -> None:
    listed = pairs(**PAIRS)
    assert set(listed.instruments) == {BTC_USD, ETH_BTC, DOGE_USD}
    assert listed.instruments[BTC_USD] == Instrument(
        venue=KRAKEN,
        symbol=BTC_USD,
        lot_step=Decimal("0.00000001"),
        tick_size=Decimal("0.1"),
        min_quantity=Decimal("0.00005"),
        min_notional=Decimal("0.5"),
        cost_step=Decimal("0.00001"),
        taker_fee_fraction=Decimal("0.004"),
        maker_fee_fraction=Decimal("0.0025"),
    )
    assert listed.codes.keys[DOGE_USD] == "XDGUSD"
    assert listed.codes.symbols["XBTUSD"] == listed.codes.symbols["XXBTZUSD"] == BTC_USD


def test_fields_that_may_be_missing_have_their_documented_meaning() -> None:
    row = pair("XBTUSD", "XXBT", "ZUSD", pair_decimals=3)
    for name in ("tick_size", "costmin", "status", "fees_maker"):
        del row[name]
    instrument = pairs(XXBTZUSD=row).instruments[BTC_USD]
    assert instrument.tick_size == Decimal("0.001")
    assert instrument.min_notional == 0
    assert instrument.status is InstrumentStatus.ONLINE
    assert instrument.maker_fee_fraction == instrument.taker_fee_fraction


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("cancel_only", InstrumentStatus.CANCEL_ONLY),
        ("post_only", InstrumentStatus.POST_ONLY),
        ("limit_only", InstrumentStatus.LIMIT_ONLY),
        ("reduce_only", InstrumentStatus.REDUCE_ONLY),
        ("something_new", InstrumentStatus.OFFLINE),
    ],
)
def test_a_status_that_is_not_known_is_not_traded(word: str, status: InstrumentStatus) -> None:
    row = pair("XBTUSD", "XXBT", "ZUSD", status=word)
    assert pairs(XXBTZUSD=row).instruments[BTC_USD].status is status


@pytest.mark.parametrize(
    "changes",
    [
        {"base": "UNLISTED"},
        {"base": "ZUSD"},
        {"lot_decimals": "many"},
        {"lot_decimals": -1},
        {"lot_decimals": 1.5},
        {"tick_size": "-0.1"},
        {"fees": []},
        {"fees": [["0"]]},
        {"altname": None},
        {"cost_decimals": None},
    ],
    ids=str,
)
def test_a_row_that_cannot_be_read_is_left_out_and_spoils_no_other(
    changes: dict[str, Any],
) -> None:
    broken = {**PAIRS["XXBTZUSD"], **changes}
    listed = pairs(XXBTZUSD=broken, XETHXXBT=PAIRS["XETHXXBT"])
    assert set(listed.instruments) == {ETH_BTC}
    with pytest.raises(Malformed):
        pairs(XXBTZUSD=broken)


def test_dark_pools_and_staked_pairs_are_no_spot_instruments() -> None:
    listed = pairs(
        **PAIRS, **{"XXBTZUSD.d": PAIRS["XXBTZUSD"], "ADA.SUSD": pair("A", "ADA.S", "ZUSD")}
    )
    assert set(listed.instruments) == {BTC_USD, ETH_BTC, DOGE_USD}


@pytest.mark.parametrize(
    ("code", "symbol"),
    [
        ("XBTUSD", BTC_USD),
        ("XXBTZUSD", BTC_USD),
        ("SOLUSD", Symbol(Asset("SOL"), Asset("USD"))),
        ("XTZXBT", Symbol(Asset("XTZ"), Asset("BTC"))),
        ("WHATUSD", None),
        ("", None),
    ],
)
def test_pairs_off_the_list_are_read_from_their_halves(code: str, symbol: Symbol | None) -> None:
    assert pairs(**PAIRS).codes.symbol(code, CODES) == symbol
