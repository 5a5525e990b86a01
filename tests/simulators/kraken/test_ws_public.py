"""The public channels: their shapes, their triggers, and that what they add up to is true."""

import json
import zlib
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.kraken.streams import Floor, Frame, open_floor
from tests.simulators.shapes import differences
from tests.support.shared import shared

ALL = ["BTC/USD", "ETH/USD"]


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    """Open a venue whose prices move a second with each tick."""
    arguments = ("--pairs", "BTC/USD,ETH/USD,ETH/BTC", "--speed", "1")
    async with open_floor(tmp_path, *arguments) as opened:
        yield opened


def recorded(name: str) -> Frame:
    frame: Frame = json.loads(
        shared("data", "recorded", "kraken", name).read_text(), parse_float=Decimal
    )
    return frame


def plain(frame: Frame) -> Any:
    """Give a frame as any client reads it, with ordinary numbers."""
    return json.loads(json.dumps(frame, default=float))


@pytest.mark.parametrize(
    ("channel", "kind", "file", "newer"),
    [
        ("ticker", "snapshot", "ws_ticker_snapshot.json", {"trades"}),
        ("trade", "update", "ws_trade_update.json", set[str]()),
        ("ohlc", "update", "ws_ohlc_update.json", {"timestamp"}),
        ("book", "snapshot", "ws_book_snapshot.json", set[str]()),
        ("book", "update", "ws_book_update.json", set[str]()),
    ],
)
async def test_channels_have_the_shape_of_recorded_ones(
    floor: Floor, channel: str, kind: str, file: str, newer: set[str]
) -> None:
    stream = await floor.public()
    await stream.subscribe(channel, symbol=["BTC/USD"])
    floor.exchange.tick(1.0)
    ours = plain(await stream.channel(channel, kind))
    theirs = plain(recorded(file))
    assert differences(ours, theirs, optional=frozenset(newer)) == []
    assert ours["type"] == theirs["type"]


async def test_a_subscription_is_acknowledged_as_recorded(floor: Floor) -> None:
    stream = await floor.public()
    answer = await stream.subscribe("ticker", symbol=["BTC/USD"])
    assert differences(answer, recorded("ws_subscribe_response.json"), optional=frozenset()) == []


async def test_each_symbol_is_answered_for_itself_and_snapshots_follow(floor: Floor) -> None:
    stream = await floor.public()
    await stream.next()
    wish = {"channel": "ticker", "symbol": ["BTC/USD", "XBT/USD", "ETH/BTC"]}
    number = await stream.send("subscribe", wish)
    answers = [await stream.next() for _ in range(3)]
    assert {answer["req_id"] for answer in answers} == {number}
    assert [answer["success"] for answer in answers] == [True, False, True]
    assert [answers[0]["result"]["symbol"], answers[1]["symbol"]] == ["BTC/USD", "XBT/USD"]
    assert answers[1]["error"] == "Currency pair not supported XBT/USD", "REST's own name for it"
    snapshots = [await stream.next() for _ in range(2)]
    assert [frame["data"][0]["symbol"] for frame in snapshots] == ["BTC/USD", "ETH/BTC"]


async def test_a_snapshot_can_be_declined(floor: Floor) -> None:
    stream = await floor.public()
    answer = await stream.subscribe("trade", symbol=["BTC/USD"], snapshot=False)
    assert answer["result"] == {"channel": "trade", "symbol": "BTC/USD", "snapshot": False}
    floor.exchange.tick(1.0)
    assert (await stream.next())["type"] == "update"


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"channel": "weather"}, "Channel not supported"),
        ({}, "Channel field missing"),
        ({"channel": "ticker"}, "Symbol(s) not found"),
        ({"channel": "ticker", "symbol": "BTC/USD"}, "Symbol(s) not found"),
        (
            {"channel": "ticker", "symbol": ["BTC/USD"], "snapshot": "yes"},
            "EGeneral:Invalid arguments:snapshot",
        ),
        (
            {"channel": "ticker", "symbol": ["BTC/USD"], "event_trigger": "moon"},
            "EGeneral:Invalid arguments:event_trigger",
        ),
        (
            {"channel": "book", "symbol": ["BTC/USD"], "depth": 11},
            "EGeneral:Invalid arguments:depth",
        ),
        (
            {"channel": "ohlc", "symbol": ["BTC/USD"], "interval": 3},
            "EGeneral:Invalid arguments:interval",
        ),
    ],
)
async def test_wishes_that_make_no_sense_are_refused(
    floor: Floor, wish: Frame, error: str
) -> None:
    answer = await (await floor.public()).ask("subscribe", **wish)
    assert (answer["success"], answer["error"]) == (False, error)
    assert "result" not in answer


async def test_what_is_subscribed_is_subscribed_once_and_until_it_is_not(floor: Floor) -> None:
    stream = await floor.public()
    await stream.subscribe("book", symbol=["BTC/USD"], depth=10)
    again = await stream.subscribe("book", symbol=["BTC/USD"], depth=10)
    assert again["error"] == "Already subscribed"
    assert (await stream.subscribe("book", symbol=["BTC/USD"], depth=25))["success"] is True
    wish = {"channel": "book", "symbol": ["BTC/USD"], "depth": 10}
    assert (await stream.ask("unsubscribe", **wish))["result"] == {
        "channel": "book",
        "symbol": "BTC/USD",
        "depth": 10,
    }
    assert (await stream.ask("unsubscribe", **wish))["error"] == "Subscription Not Found"


async def test_tickers_follow_trades_or_the_best_prices(floor: Floor) -> None:
    by_trades, by_prices = await floor.public(), await floor.public()
    await by_trades.subscribe("ticker", symbol=ALL, snapshot=False)
    wish = {"symbol": ALL, "event_trigger": "bbo", "snapshot": False}
    assert (await by_prices.subscribe("ticker", **wish))["success"] is True
    await by_prices.next()
    market = floor.exchange.market
    floor.exchange.set_price("BTC/USD", market.price("BTC/USD") + 100)
    row = await by_prices.row("ticker")
    assert row["symbol"] == "BTC/USD"
    assert row["bid"] < market.price("BTC/USD") < row["ask"]
    assert [f for f in await by_trades.silence() if f.get("channel") == "ticker"] == []
    floor.desk.add("buy", "0.001")
    row = await by_trades.row("ticker")
    assert (row["symbol"], row["last"]) == ("BTC/USD", by_trades_price(floor))
    floor.exchange.renew()
    floor.exchange.tick(1.0)
    assert {(await by_trades.row("ticker"))["symbol"] for _ in ALL} == set(ALL)


def by_trades_price(floor: Floor) -> Decimal:
    price: Decimal = floor.exchange.tapes["BTC/USD"].last_trade.price
    return price


async def test_the_book_adds_up_to_what_rest_shows(floor: Floor) -> None:
    """Snapshot and changes, cut to the depth, give the same book, and its checksum agrees."""
    stream = await floor.public()
    await stream.subscribe("book", symbol=["ETH/USD"], depth=10)
    book = Book()
    book.apply((await stream.channel("book", "snapshot"))["data"][0])
    for step in range(12):
        floor.exchange.tick(1.0)
        if step % 3 == 0:
            wish = {"pair": "ETHUSD", "type": "buy", "ordertype": "limit", "volume": "0.4"}
            floor.desk.private("AddOrder", **wish, price=str(3000 - step))
        if step % 5 == 4:
            floor.desk.private("CancelAll")
        while frames := [f for f in await stream.silence() if f.get("channel") == "book"]:
            for frame in frames:
                book.apply(frame["data"][0])
        shown = floor.desk.public("Depth", pair="ETHUSD", count="10")["XETHZUSD"]
        for side, levels in (("asks", book.asks), ("bids", book.bids)):
            assert list(levels) == [Decimal(level[0]) for level in shown[side]]


async def test_a_level_that_only_left_the_depth_is_not_said_to_be_gone(floor: Floor) -> None:
    stream = await floor.public()
    await stream.subscribe("book", symbol=["ETH/USD"], depth=10)
    bids = (await stream.channel("book", "snapshot"))["data"][0]["bids"]
    assert len(bids) == 10
    best = bids[0]["price"]
    wish = {"pair": "ETHUSD", "type": "buy", "ordertype": "limit", "volume": "0.4"}
    order_id = floor.desk.private("AddOrder", **wish, price=str(best + Decimal("0.01")))["txid"][0]
    (row,) = (await stream.channel("book"))["data"]
    assert row["bids"] == [{"price": best + Decimal("0.01"), "qty": Decimal("0.4")}]
    floor.desk.private("CancelOrder", txid=order_id)
    (row,) = (await stream.channel("book"))["data"]
    assert row["bids"] == [
        {"price": best + Decimal("0.01"), "qty": 0},
        {"price": bids[-1]["price"], "qty": bids[-1]["qty"]},
    ], "and what it had pushed out comes back"


class Book:
    """A book kept as the venue's guide says, with its own checksum."""

    def __init__(self) -> None:
        self.bids: dict[Decimal, Decimal] = {}
        self.asks: dict[Decimal, Decimal] = {}

    def apply(self, row: Frame) -> None:
        self.bids = changed(self.bids, row["bids"], best_is_highest=True)
        self.asks = changed(self.asks, row["asks"], best_is_highest=False)
        assert row["checksum"] == self.checksum()

    def checksum(self) -> int:
        text = ""
        for side in (self.asks, self.bids):
            for price, quantity in side.items():
                text += f"{price:.2f}".replace(".", "").lstrip("0")
                text += f"{quantity:.8f}".replace(".", "").lstrip("0")
        return zlib.crc32(text.encode())


def changed(
    side: dict[Decimal, Decimal], levels: list[Frame], *, best_is_highest: bool
) -> dict[Decimal, Decimal]:
    side = dict(side)
    for level in levels:
        if level["qty"] == 0:
            side.pop(level["price"], None)
        else:
            side[level["price"]] = level["qty"]
    ordered = sorted(side.items(), reverse=best_is_highest)
    return dict(ordered[:10])


async def test_candles_grow_with_each_trade(floor: Floor) -> None:
    stream = await floor.public()
    await stream.subscribe("ohlc", symbol=["BTC/USD"], interval=5)
    snapshot = (await stream.channel("ohlc", "snapshot"))["data"]
    rest = floor.desk.public("OHLC", pair="XBTUSD", interval="5")["XXBTZUSD"]
    assert [str(row["close"]) for row in snapshot] == [row[4] for row in rest]
    floor.exchange.tick(1.0)
    row = await stream.row("ohlc")
    assert (row["trades"], row["interval"]) == (snapshot[-1]["trades"] + 1, 5)
    assert row["interval_begin"].endswith(":00.000000000Z")


async def test_trades_are_told_once_each(floor: Floor) -> None:
    stream = await floor.public()
    floor.exchange.tick(1.0)
    await stream.subscribe("trade", symbol=["BTC/USD"])
    known = (await stream.channel("trade", "snapshot"))["data"]
    for _ in range(3):
        floor.exchange.tick(1.0)
        known += (await stream.channel("trade"))["data"]
    tape = [trade for trade in floor.exchange.tapes["BTC/USD"].trades() if trade.quantity]
    assert [row["trade_id"] for row in known] == [trade.number for trade in tape]
    assert len(known) == 4


async def test_instruments_say_what_may_be_traded_and_in_which_mode(floor: Floor) -> None:
    stream = await floor.public()
    answer = await stream.subscribe("instrument")
    assert answer["result"] == {"channel": "instrument", "snapshot": True}
    data = (await stream.channel("instrument", "snapshot"))["data"]
    (pair,) = [pair for pair in data["pairs"] if pair["symbol"] == "ETH/BTC"]
    assert pair["price_increment"] == Decimal("0.00001")
    assert (pair["qty_min"], pair["cost_min"]) == (Decimal("0.001"), Decimal("0.00002"))
    assert (pair["base"], pair["quote"], pair["status"]) == ("ETH", "BTC", "online")
    assert "BTC" in {asset["id"] for asset in data["assets"]}, "everyone's names, not XXBT"
    floor.fault("status", status="post_only")
    data = (await stream.channel("instrument"))["data"]
    assert {pair["status"] for pair in data["pairs"]} == {"post_only"}
