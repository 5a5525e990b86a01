"""What anybody may ask: symbols and filters, tickers in batches, books, bars, trades."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulators.binance.catalogue import all_symbols
from tests.simulators.binance.desk import Desk, open_desk
from tests.support.shared import shared

TICKERS = ["ticker/price", "ticker/bookTicker", "ticker/24hr", "exchangeInfo"]


def symbols_of(answer: Any) -> list[str]:
    rows = answer["symbols"] if isinstance(answer, dict) and "symbols" in answer else answer
    return [row["symbol"] for row in rows]


@pytest.mark.parametrize("path", TICKERS)
def test_symbols_come_one_by_one_in_batches_and_all_at_once(desk: Desk, path: str) -> None:
    batch = desk.good("GET", path, symbols='["ETHBTC","BTCUSDT"]')
    assert symbols_of(batch) == ["ETHBTC", "BTCUSDT"]
    assert len(symbols_of(desk.good("GET", path))) == 7
    one = desk.good("GET", path, symbol="BTCUSDT")
    assert (one["symbols"][0] if path == "exchangeInfo" else one)["symbol"] == "BTCUSDT"


@pytest.mark.parametrize("path", TICKERS)
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"symbol": "BTCUSD"}, -1121),
        ({"symbols": '["BTCUSDT","NOSUCH"]'}, -1121),
        ({"symbols": '["BTCUSDT","BTCUSDT"]'}, -1151),
        ({"symbols": "BTCUSDT"}, -1100),
        ({"symbols": "[]"}, -1100),
        ({"symbols": '["BTCUSDT"]', "symbol": "BTCUSDT"}, -1128),
    ],
)
def test_one_bad_symbol_fails_the_whole_batch(
    desk: Desk, path: str, words: dict[str, str], code: int
) -> None:
    assert desk.bad("GET", path, **words)[0] == code


def test_the_filters_are_those_that_orders_are_held_to(desk: Desk) -> None:
    (symbol,) = desk.good("GET", "exchangeInfo", symbol="ETHBTC")["symbols"]
    filters = {each["filterType"]: each for each in symbol["filters"]}
    assert filters["PRICE_FILTER"]["tickSize"] == "0.00001000"
    assert filters["LOT_SIZE"]["stepSize"] == filters["LOT_SIZE"]["minQty"] == "0.00010000"
    assert filters["NOTIONAL"]["minNotional"] == "0.00010000"
    assert filters["MAX_NUM_ORDERS"]["maxNumOrders"] == 200
    assert symbol["orderTypes"] == ["LIMIT", "MARKET", "LIMIT_MAKER"]


def test_the_book_holds_the_worlds_offers_and_our_own(desk: Desk) -> None:
    before = desk.good("GET", "depth", symbol="BTCUSDT", limit=5)
    assert (len(before["bids"]), len(before["asks"])) == (5, 5)
    desk.place("BUY", "0.01", "63990.01")
    after = desk.good("GET", "depth", symbol="BTCUSDT", limit=5)
    assert ["63990.01000000", "0.01000000"] in after["bids"]
    assert after["lastUpdateId"] > before["lastUpdateId"]
    best = desk.good("GET", "ticker/bookTicker", symbol="BTCUSDT")
    assert [best["bidPrice"], best["bidQty"]] == after["bids"][0]
    assert desk.bad("GET", "depth", symbol="BTCUSDT", limit="0")[0] == -1130


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [("1m", 60), ("5m", 300), ("1h", 3600), ("4h", 14400), ("1d", 86400), ("1w", 604800)],
)
def test_bars_follow_one_another(desk: Desk, interval: str, seconds: int) -> None:
    rows = desk.good("GET", "klines", symbol="BTCUSDT", interval=interval, limit=50)
    assert len(rows) == 50
    starts = [row[0] for row in rows]
    assert starts == list(range(starts[0], starts[0] + 50 * seconds * 1000, seconds * 1000))
    assert starts[-1] <= desk.milliseconds() < rows[-1][6] + 1
    for row in rows:
        opening, high, low, close = map(Decimal, row[1:5])
        assert low <= min(opening, close) <= max(opening, close) <= high
        assert row[6] == row[0] + seconds * 1000 - 1


def test_bars_of_a_stretch_of_time(desk: Desk) -> None:
    minute = 60_000
    now = desk.milliseconds() // minute * minute
    words = {"symbol": "BTCUSDT", "interval": "1m"}
    some = desk.good("GET", "klines", **words, startTime=now - 10 * minute, endTime=now - minute)
    assert [row[0] for row in some] == [now - n * minute for n in range(10, 0, -1)]
    few = desk.good("GET", "klines", **words, startTime=now - 10 * minute + 1, limit=3)
    assert [row[0] for row in few] == [now - n * minute for n in (9, 8, 7)]
    last = desk.good("GET", "klines", **words, endTime=now - 5 * minute, limit=2)
    assert [row[0] for row in last] == [now - n * minute for n in (6, 5)]
    assert len(desk.good("GET", "klines", **words, limit=5000)) == 1000
    assert desk.good("GET", "klines", **words, startTime=now + minute) == []
    assert desk.bad("GET", "klines", symbol="BTCUSDT", interval="7m")[0] == -1120
    assert desk.bad("GET", "klines", symbol="BTCUSDT")[0] == -1102


def test_trades_and_the_average_price(desk: Desk) -> None:
    desk.place("SELL", "0.02")
    row = desk.good("GET", "trades", symbol="BTCUSDT", limit=1)[0]
    assert (row["qty"], row["isBuyerMaker"]) == ("0.02000000", True)
    average = desk.good("GET", "avgPrice", symbol="BTCUSDT")
    assert average["price"] == row["price"]
    other = desk.good("GET", "aggTrades", symbol="BTCUSDT", fromId=row["id"])
    assert [each["p"] for each in other] == [row["price"]]


def test_a_maintenance_is_announced(desk: Desk) -> None:
    path = "/sapi/v1/system/status"
    assert desk.good("GET", path) == {"status": 0, "msg": "normal"}
    desk.venue.faults.add({"name": "status", "status": "maintenance"})
    assert desk.good("GET", path)["status"] == 1
    answer = desk.ask("GET", "account")
    assert (answer.status, answer.body["code"]) == (503, -1016)


def test_recorded_candles_are_played(tmp_path: Path) -> None:
    folder = shared("data", "candles")
    with open_desk(tmp_path, "--candles", str(folder), "--symbols", "BTC/USDT,ETH/BTC") as desk:
        # 2018-01-10 00:00 for one, 2020 for the other: the first closes of the recordings
        first = {row["symbol"]: Decimal(row["price"]) for row in desk.good("GET", "ticker/price")}
        assert 0 < first["ETHBTC"] < 1 < first["BTCUSDT"]
        desk.exchange.market.speed = 600.0
        desk.exchange.tick(1.0)
        assert desk.good("GET", "ticker/price", symbol="ETHBTC")["price"] != str(first["ETHBTC"])


def test_there_are_symbols_enough_for_a_hundred(tmp_path: Path) -> None:
    listed = all_symbols()
    assert len({each.name for each in listed}) == len(listed) >= 120
    wanted = [each.symbol for each in listed if each.quote == "USDT"][:100]
    with open_desk(tmp_path, "--symbols", ",".join(wanted)) as desk:
        names = [each.replace("/", "") for each in wanted]
        answer = desk.good("GET", "ticker/bookTicker", symbols=json.dumps(names))
        assert [row["symbol"] for row in answer] == names
        for row in answer:
            assert 0 < Decimal(row["bidPrice"]) < Decimal(row["askPrice"])
        for each in listed:
            cheapest = each.least_notional / each.price
            assert each.lot_step < cheapest * 2, f"{each.symbol}: a lot is worth too much"
