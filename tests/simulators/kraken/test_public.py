"""What anybody may ask: listings, prices, books, bars and trades."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulators.kraken.errors import KrakenError
from tests.simulators.kraken.desk import Desk, open_desk


def test_the_clock_is_shown_in_both_forms(desk: Desk) -> None:
    assert desk.public("Time") == {
        "unixtime": 1767614400,
        "rfc1123": "Mon, 05 Jan 26 12:00:00 +0000",
    }
    assert desk.public("SystemStatus") == {"status": "online", "timestamp": "2026-01-05T12:00:00Z"}


def test_legacy_names_lead_to_their_assets(desk: Desk) -> None:
    assets = desk.public("Assets")
    names = {code: asset["altname"] for code, asset in assets.items()}
    assert names["XXBT"] == "XBT"
    assert names["XXDG"] == "XDG"
    assert names["SOL"] == "SOL"
    assert list(desk.public("Assets", asset="XBT,ZUSD")) == ["XXBT", "ZUSD"]
    with pytest.raises(KrakenError, match="EQuery:Unknown asset"):
        desk.public("Assets", asset="XBT,GOLD")


@pytest.mark.parametrize("name", ["XXBTZUSD", "XBTUSD", "XBT/USD"])
def test_a_pair_answers_to_its_three_names_under_its_key(desk: Desk, name: str) -> None:
    assert list(desk.public("Ticker", pair=name)) == ["XXBTZUSD"]


def test_one_unknown_pair_fails_the_whole_batch(desk: Desk) -> None:
    assert list(desk.public("Ticker", pair="XDGUSD,ETHXBT")) == ["XDGUSD", "XETHXXBT"]
    assert len(desk.public("Ticker")) == 7
    for endpoint in ("Ticker", "AssetPairs"):
        with pytest.raises(KrakenError, match="EQuery:Unknown asset pair"):
            desk.public(endpoint, pair="XBTUSD,XBTEUR")


@pytest.mark.parametrize("endpoint", ["Depth", "OHLC", "Trades", "Spread"])
@pytest.mark.parametrize("pair", ["", "XBTEUR", "XBTUSD,ETHUSD"])
def test_some_questions_are_about_one_pair(desk: Desk, endpoint: str, pair: str) -> None:
    with pytest.raises(KrakenError, match="EQuery:Unknown asset pair"):
        desk.public(endpoint, pair=pair)


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("OHLC", {"interval": "2"}),
        ("OHLC", {"interval": "x"}),
        ("Depth", {"count": "0"}),
        ("Depth", {"count": "501"}),
        ("Trades", {"count": "1001"}),
    ],
)
def test_arguments_out_of_range_are_refused(
    desk: Desk, endpoint: str, words: dict[str, str]
) -> None:
    (name,) = words
    with pytest.raises(KrakenError, match=f"EGeneral:Invalid arguments:{name}"):
        desk.public(endpoint, pair="XBTUSD", **words)


def test_the_ticker_and_the_book_agree(desk: Desk) -> None:
    ticker = desk.public("Ticker", pair="XBTUSD")["XXBTZUSD"]
    book = desk.public("Depth", pair="XBTUSD")["XXBTZUSD"]
    spread = desk.public("Spread", pair="XBTUSD")["XXBTZUSD"]
    assert ticker["a"][0] == book["asks"][0][0] == spread[0][2]
    assert ticker["b"][0] == book["bids"][0][0] == spread[0][1]
    assert Decimal(ticker["b"][0]) < Decimal(ticker["c"][0]) < Decimal(ticker["a"][0])
    assert len(desk.public("Depth", pair="XBTUSD", count="3")["XXBTZUSD"]["asks"]) == 3


def test_the_accounts_own_orders_stand_in_the_book(desk: Desk) -> None:
    best = Decimal(desk.public("Ticker", pair="XBTUSD")["XXBTZUSD"]["b"][0])
    desk.add("buy", "0.05", f"{best + 1:.1f}")
    desk.add("sell", "0.07", "70000")
    book = desk.public("Depth", pair="XBTUSD")["XXBTZUSD"]
    assert book["bids"][0][:2] == [f"{best + 1:.5f}", "0.050"]
    assert ["70000.00000", "0.070"] in [level[:2] for level in book["asks"]]


def test_an_empty_book_shows_no_levels(desk: Desk) -> None:
    desk.venue.exchange.has_liquidity = False
    desk.venue.exchange.renew()
    assert desk.public("Depth", pair="XBTUSD")["XXBTZUSD"] == {"asks": [], "bids": []}
    assert desk.public("Spread", pair="XBTUSD")["XXBTZUSD"] == []
    assert desk.public("Ticker", pair="XBTUSD")["XXBTZUSD"]["a"] == ["0.00000", "0", "0.000"]


@pytest.mark.parametrize("interval", ["1", "5", "15", "30", "60", "240", "1440"])
def test_bars_reach_720_back_and_end_with_the_running_one(desk: Desk, interval: str) -> None:
    answer = desk.public("OHLC", pair="XBTUSD", interval=interval)
    rows = answer["XXBTZUSD"]
    seconds = int(interval) * 60
    now = int(desk.clock.now().timestamp())
    assert len(rows) == 720
    assert rows[-1][0] == now // seconds * seconds
    assert answer["last"] == rows[-2][0]
    newer = desk.public("OHLC", pair="XBTUSD", interval=interval, since=str(rows[-4][0]))
    assert newer["XXBTZUSD"] == rows[-3:]


def test_what_the_account_trades_is_public(desk: Desk) -> None:
    desk.add("buy", "0.0123")
    answer = desk.public("Trades", pair="XBTUSD")
    price, volume, _, side, kind, _, number = answer["XXBTZUSD"][-1]
    assert (volume, side, kind) == ("0.01230000", "b", "m")
    assert desk.public("Ticker", pair="XBTUSD")["XXBTZUSD"]["c"] == [price, volume]
    since = desk.public("Trades", pair="XBTUSD", since=answer["last"])
    assert since == {"XXBTZUSD": [], "last": answer["last"]}
    desk.clock.step_wall(10)
    desk.add("sell", "0.0002")
    later = desk.public("Trades", pair="XBTUSD", since=answer["last"])
    assert [row[6] for row in later["XXBTZUSD"]] == [number + 1]
    in_seconds = str(int(int(answer["last"]) / 10**9))
    assert desk.public("Trades", pair="XBTUSD", since=in_seconds)["XXBTZUSD"]


def test_listings_show_the_mode_of_the_market(desk: Desk) -> None:
    for mode, shown in (("online", "online"), ("cancel_only", "cancel_only")):
        desk.venue.exchange.status = mode
        assert desk.public("AssetPairs", pair="XBTUSD")["XXBTZUSD"]["status"] == shown


def test_every_pair_that_could_be_listed_can_be(tmp_path: Path) -> None:
    pairs = "BTC/USDT,LTC/USD,LTC/BTC,XMR/BTC,ZEC/BTC,DASH/BTC,ETC/BTC,XLM/BTC,ADA/BTC,TRX/BTC"
    with open_desk(tmp_path, "--pairs", pairs) as desk:
        listed: dict[str, Any] = desk.public("AssetPairs")
        tickers = desk.public("Ticker")
        assert len(listed) == 10
        for key, pair in listed.items():
            assert pair["altname"] == pair["wsname"].replace("/", "")
            assert Decimal(tickers[key]["a"][0]) % Decimal(pair["tick_size"]) == 0
            order = {"pair": key, "type": "buy", "ordertype": "limit", "validate": "true"}
            price = tickers[key]["b"][0]
            decimals = pair["pair_decimals"]
            order |= {"price": f"{Decimal(price):.{decimals}f}", "volume": pair["ordermin"]}
            if pair["quote"] == "XXBT":
                assert desk.private("AddOrder", **order)["descr"]["pair"] == pair["altname"]
