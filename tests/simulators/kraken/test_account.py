"""Balances, volume and the key itself."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from simulators.kraken.errors import KrakenError
from simulators.kraken.fees import FeeSchedule
from tests.simulators.kraken.desk import Desk, open_desk
from tests.support.clock import START


def test_balances_are_printed_with_each_assets_decimals(desk: Desk) -> None:
    desk.venue.exchange.deposit("DOGE", Decimal("7.5"))
    assert desk.private("Balance") == {
        "ZUSD": "10000.0000",
        "XXBT": "1.0000000000",
        "XETH": "5.0000000000",
        "XXDG": "7.50000000",
    }


def test_the_trade_balance_is_what_everything_is_worth(desk: Desk) -> None:
    prices = desk.venue.exchange.market
    worth = 10000 + prices.price("BTC/USD") + 5 * prices.price("ETH/USD")
    assert Decimal(desk.private("TradeBalance")["eb"]) == worth
    in_bitcoin = Decimal(desk.private("TradeBalance", asset="XBT")["eb"])
    assert abs(in_bitcoin - worth / prices.price("BTC/USD")) < Decimal("0.0001")
    with pytest.raises(KrakenError, match="EQuery:Unknown asset"):
        desk.private("TradeBalance", asset="GOLD")


def test_without_a_usd_market_an_asset_is_worth_what_its_btc_market_says(tmp_path: Path) -> None:
    with open_desk(tmp_path, "--pairs", "BTC/USD,ETH/BTC") as desk:
        prices = desk.venue.exchange.market
        bitcoin = prices.price("BTC/USD")
        worth = 10000 + bitcoin + 5 * prices.price("ETH/BTC") * bitcoin
        assert Decimal(desk.private("TradeBalance")["eb"]) == worth.quantize(Decimal("0.0001"))


def test_fees_are_those_of_the_first_tier_unless_volume_counts(tmp_path: Path) -> None:
    with open_desk(tmp_path / "fixed") as desk:
        assert desk.private("TradeVolume") == {"currency": "ZUSD", "volume": "0.0000"}
        desk.add("sell", "0.2")
        fees = desk.private("TradeVolume", pair="XBTUSD")
        assert Decimal(fees["volume"]) > 10_000
        assert fees["fees"]["XXBTZUSD"]["fee"] == "0.4000"
        assert fees["fees_maker"]["XXBTZUSD"]["fee"] == "0.2500"
        assert fees["fees"]["XXBTZUSD"]["nextfee"] is None
        with pytest.raises(KrakenError, match="EQuery:Unknown asset pair"):
            desk.private("TradeVolume", pair="XBTUSD,NONE")


def test_volume_moves_an_account_along_the_schedule(tmp_path: Path) -> None:
    with open_desk(tmp_path, "--fees", "tiered") as desk:
        desk.add("sell", "0.2")
        shown = desk.private("TradeVolume", pair="XBTUSD")["fees"]["XXBTZUSD"]
        assert (shown["fee"], shown["nextfee"], shown["tiervolume"]) == (
            "0.3500",
            "0.2400",
            "10000.0000",
        )
        order = desk.query(desk.add("sell", "0.001"))
        expected = Decimal(order["cost"]) * Decimal("0.0035")
        assert abs(Decimal(order["fee"]) - expected) < Decimal("0.0001")
    with open_desk(tmp_path, "--fees", "tiered") as desk:
        assert Decimal(desk.private("TradeVolume")["volume"]) > 10_000, "it is in the books"


def test_volume_older_than_thirty_days_does_not_count() -> None:
    schedule = FeeSchedule(by_volume=True)
    schedule.traded(START, Decimal(20_000_000))
    last = schedule.current(START + timedelta(days=29))
    assert (last.maker, schedule.following(START)) == (Decimal("0.00"), None)
    assert schedule.volume(START + timedelta(days=30)) == 0
    assert schedule.current(START + timedelta(days=30)).taker == Decimal("0.40")


@pytest.mark.parametrize(("flags", "may"), [([], False), (["--can-withdraw"], True)])
def test_a_key_says_what_it_may_do(tmp_path: Path, flags: list[str], *, may: bool) -> None:
    with open_desk(tmp_path, *flags) as desk:
        info = desk.private("GetApiKeyInfo")
        assert ("withdraw-funds" in info["permissions"]) is may
        assert "modify-trades" in info["permissions"]


def test_a_socket_token_is_new_each_time(desk: Desk) -> None:
    first, second = desk.private("GetWebSocketsToken"), desk.private("GetWebSocketsToken")
    assert first["expires"] == 900
    assert first["token"] != second["token"]
