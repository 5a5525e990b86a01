"""The venue plays recorded candles fast while its own clock stays real."""

from decimal import Decimal
from pathlib import Path

import pytest

from simulators.market.candles import candle_files, read_candles
from tests.simulators.kraken.desk import open_desk
from tests.support.local_kraken import running_local_kraken
from tests.support.shared import shared
from tests.support.waiting import eventually

CANDLES = """time,open,high,low,close,volume
2018-01-10T00:00:00Z,0.1,0.2,0.05,0.08,1
2018-01-10T00:05:00Z,0.08,0.09,0.07,0.075,1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    candles = tmp_path / "candles"
    candles.mkdir()
    (candles / "ETH-BTC_5m_2018-01.csv").write_text(CANDLES)
    return candles


def test_a_resting_order_is_met_by_a_wick_between_two_ticks(tmp_path: Path, folder: Path) -> None:
    arguments = ("--candles", str(folder), "--speed", "299")
    with open_desk(tmp_path / "books", *arguments) as desk:
        order = {"pair": "ETHXBT", "type": "sell", "ordertype": "limit"}
        order_id = desk.private("AddOrder", **order, price="0.19", volume="1")["txid"][0]
        desk.venue.exchange.tick(1.0)
        shown = desk.query(order_id)
        assert (shown["status"], shown["price"]) == ("closed", "0.19000")
        assert desk.venue.exchange.market.price("ETH/BTC") < Decimal("0.09")


def test_playing_goes_on_after_a_restart_and_stops_at_the_end(
    tmp_path: Path, folder: Path
) -> None:
    arguments = ("--candles", str(folder), "--speed", "100")
    for price in ("0.1", "0.2", "0.05", "0.08", "0.09", "0.07", "0.075"):
        with open_desk(tmp_path / "books", *arguments) as desk:
            market = desk.venue.exchange.market
            assert market.price("ETH/BTC") == Decimal(price)
            assert market.finished == ({"ETH/BTC"} if price == "0.075" else set())
            desk.venue.exchange.tick(1.0)


def test_pairs_without_a_file_walk_beside_the_played_ones(tmp_path: Path, folder: Path) -> None:
    arguments = ("--candles", str(folder), "--pairs", "ETH/BTC,BTC/USD", "--speed", "1")
    with open_desk(tmp_path / "books", *arguments) as desk:
        market = desk.venue.exchange.market
        before = market.price("BTC/USD")
        desk.venue.exchange.tick(1.0)
        assert market.price("BTC/USD") != before
        assert market.is_recorded("ETH/BTC")


async def test_five_recorded_markets_are_played_at_speed(tmp_path: Path) -> None:
    folder = shared("data", "candles")
    pairs = tuple(f"{asset}/BTC" for asset in ("ETH", "LTC", "XMR", "ZEC", "DASH"))
    opened = {
        symbol: read_candles(file.path)[0].open
        for symbol, file in candle_files(folder).items()
        if symbol in pairs
    }
    async with running_local_kraken(
        tmp_path, candles=folder, pairs=pairs, speed=0, balances={"BTC": "5"}
    ) as kraken:
        prices = (await kraken.current())["market"]["prices"]
        for symbol, price in opened.items():
            assert abs(Decimal(prices[symbol]) - price) <= price / 1000
        await kraken.market(speed=1_000_000)

        async def is_over() -> bool:
            return set((await kraken.current())["market"]["finished"]) == set(pairs)

        await eventually(is_over)
        assert await kraken.audit() == []
