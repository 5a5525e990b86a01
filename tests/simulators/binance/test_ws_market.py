"""The market streams: what each tells, raw and combined, and how they are followed."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.binance.streams import Floor, open_floor


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path) as opened:
        yield opened


def of(stream: str) -> Any:
    return lambda frame: frame.get("stream") == stream


async def test_streams_may_be_named_in_the_address(floor: Floor) -> None:
    raw = await floor.open("/ws/btcusdt@bookTicker")
    best = floor.desk.good("GET", "ticker/bookTicker", symbol="BTCUSDT")
    told = await raw.frame()
    assert (told["s"], told["b"], told["A"]) == ("BTCUSDT", best["bidPrice"], best["askQty"])
    combined = await floor.open("/stream?streams=btcusdt@bookTicker/ethbtc@bookTicker")
    for symbol in ("btcusdt", "ethbtc"):
        told = await combined.frame()
        assert (told["stream"], told["data"]["s"]) == (f"{symbol}@bookTicker", symbol.upper())


async def test_streams_are_followed_and_left(floor: Floor) -> None:
    stream = await floor.open("/stream")
    assert await stream.ask("SUBSCRIBE", ["btcusdt@bookTicker"]) == {"result": None, "id": 1}
    await stream.until(of("btcusdt@bookTicker"))
    listed = await stream.ask("LIST_SUBSCRIPTIONS")
    assert listed["result"] == ["btcusdt@bookTicker"]
    assert (await stream.ask("UNSUBSCRIBE", ["btcusdt@bookTicker"]))["result"] is None
    floor.exchange.set_price("BTC/USDT", Decimal(65000))
    assert (await stream.ask("LIST_SUBSCRIPTIONS"))["result"] == []
    assert stream.told == []


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [("DANCE", [], 2), ("SUBSCRIBE", "btcusdt@trade", 2), ("SUBSCRIBE", [1], 2)],
)
async def test_what_is_no_request(floor: Floor, method: str, params: Any, code: int) -> None:
    answer = await (await floor.open("/ws")).ask(method, params)
    assert answer["error"]["code"] == code


@pytest.mark.parametrize("name", ["BTCUSDT@trade", "nosuch@trade", "btcusdt@dance", "noise", "1"])
async def test_a_name_without_a_meaning_is_silence(floor: Floor, name: str) -> None:
    stream = await floor.open("/ws")
    await stream.ask("SUBSCRIBE", [name, "ethbtc@trade"])
    floor.exchange.tick(1.0)
    told = await stream.frame()
    assert told["s"] == "ETHBTC"


async def test_trades_and_bars_and_tickers_move_with_the_market(floor: Floor) -> None:
    names = ["trade", "aggTrade", "kline_1m", "miniTicker", "ticker", "depth5", "bookTicker"]
    stream = await floor.open("/stream")
    await stream.ask("SUBSCRIBE", [f"btcusdt@{name}" for name in names])
    await floor.desk.clock.advance(2)
    placed = floor.desk.place("SELL", "0.02")
    price = placed["fills"][0]["price"]
    trade = (await stream.until(of("btcusdt@trade")))["data"]
    assert (trade["p"], trade["q"], trade["m"]) == (price, "0.02000000", True)
    bars = [frame["data"]["k"] for frame in await rest(stream) if of("btcusdt@kline_1m")(frame)]
    assert (bars[-1]["c"], bars[-1]["x"], bars[-1]["i"]) == (price, False, "1m")
    kinds = {frame["stream"].partition("@")[2] for frame in stream.told}
    assert kinds >= {"miniTicker", "ticker", "depth5", "bookTicker", "aggTrade"}
    ticker = next(f["data"] for f in reversed(stream.told) if of("btcusdt@ticker")(f))
    assert (ticker["e"], ticker["c"]) == ("24hrTicker", price)


async def rest(stream: Any) -> list[Any]:
    """Read what was said until now, and keep it."""
    await stream.ask("LIST_SUBSCRIPTIONS")
    return list(stream.told)


async def test_a_bar_is_told_once_more_when_it_is_over(floor: Floor) -> None:
    stream = await floor.open("/ws/btcusdt@kline_1m")
    first = (await stream.frame())["k"]
    await floor.desk.clock.advance(60)
    floor.exchange.tick(1.0)
    closed = (await stream.until(lambda frame: frame["k"]["x"]))["k"]
    assert closed["t"] == first["t"]
    running = (await stream.until(lambda frame: not frame["k"]["x"]))["k"]
    assert running["t"] == first["t"] + 60_000


async def test_a_local_book_can_be_kept_from_the_updates(floor: Floor) -> None:
    """Each update begins where the last one ended, and they add up to the book there is."""
    stream = await floor.open("/ws")
    await stream.ask("SUBSCRIBE", ["btcusdt@depth@100ms"])
    snapshot = floor.desk.good("GET", "depth", symbol="BTCUSDT", limit=5000)
    book = {side: dict(snapshot[side]) for side in ("bids", "asks")}
    for step in range(5):
        floor.exchange.set_price("BTC/USDT", Decimal(64000 + step))
        floor.desk.place("BUY", "0.1", "3000", symbol="ETHUSDT")  # a change, but of another book
        floor.desk.place("BUY", "0.01", f"{63000 + step}")
    last = snapshot["lastUpdateId"]
    for update in [frame for frame in await rest(stream) if frame.get("e") == "depthUpdate"]:
        assert update["U"] <= last + 1 <= update["u"]
        last = update["u"]
        for side, name in (("bids", "b"), ("asks", "a")):
            book[side].update(update[name])
    now = floor.desk.good("GET", "depth", symbol="BTCUSDT", limit=5000)
    for side in ("bids", "asks"):
        kept = {price: size for price, size in book[side].items() if Decimal(size)}
        assert kept == dict(now[side])


async def test_all_mini_tickers_come_in_one_list(floor: Floor) -> None:
    stream = await floor.open("/ws/!miniTicker@arr")
    rows = await stream.frame()
    assert len(rows) == 7
    assert {row["e"] for row in rows} == {"24hrMiniTicker"}


async def test_who_asks_too_fast_is_cut_off(floor: Floor) -> None:
    stream = await floor.open("/ws")
    for _ in range(6):
        await stream.send("LIST_SUBSCRIPTIONS")
    assert await stream.ended() is None
