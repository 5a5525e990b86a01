"""Where a venue's prices come from, and the tapes they are printed on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from simulators.exchange.books import Books
from simulators.market.backfill import Backfill
from simulators.market.candles import Candle, CandleFile, Recording, read_candles
from simulators.market.market import SimulatedMarket
from simulators.market.sources import PriceSource, RandomWalk, Ratio, RecordedPrices
from simulators.market.tape import Tape
from simulators.market.values import InstrumentShape, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Listings:
    """What is traded, and in which money (USD, USDT) the independent prices are told."""

    shapes: Mapping[str, InstrumentShape]
    money: str
    recordings: Mapping[str, CandleFile]
    seed: int
    speed: float


def build_market(listings: Listings, books: Books) -> SimulatedMarket:
    positions, shapes = books.positions(), listings.shapes
    sources: dict[str, PriceSource] = {}
    played = {s: listings.recordings[s] for s in shapes if s in listings.recordings}
    candles = {symbol: read_candles(file.path) for symbol, file in played.items()}
    origin = min((rows[0].start for rows in candles.values() if rows), default=None)
    for symbol, shape in shapes.items():
        if symbol in candles and origin is not None:
            recording = _recording(candles[symbol], played[symbol], origin)
            sources[symbol] = RecordedPrices(
                shape=shape, recording=recording, position=positions.get(symbol)
            )
    for symbol, shape in shapes.items():
        if symbol not in sources and not symbol.endswith("/BTC"):
            sources[symbol] = RandomWalk(
                shape=shape, seed=listings.seed, position=positions.get(symbol)
            )
    for symbol in shapes:
        if symbol not in sources:
            sources[symbol] = _cross(symbol, sources, listings, positions.get(symbol))
    return SimulatedMarket(
        shapes=shapes, sources=sources, seed=listings.seed, speed=listings.speed
    )


def build_tapes(
    shapes: Mapping[str, InstrumentShape], *, books: Books, market: SimulatedMarket, now: datetime
) -> dict[str, Tape]:
    """Make the tapes; the invented past of a walk hangs on the first price it ever had."""
    tapes = {}
    for symbol, shape in shapes.items():
        backfill = None
        if not market.is_recorded(symbol):
            anchor = _anchor(books, symbol, market.price(symbol), now)
            backfill = Backfill(
                shape=shape,
                seed=int(books.setting("seed") or 0),
                price=Decimal(anchor["price"]),
                before=int(anchor["at"]),
            )
        tapes[symbol] = Tape(backfill=backfill, bars=books.bars(symbol))
    return tapes


def _anchor(books: Books, symbol: str, price: Decimal, now: datetime) -> dict[str, str]:
    name = f"anchor/{symbol}"
    written = books.setting(name)
    if written is None:
        written = json.dumps({"price": str(price), "at": str(int(now.timestamp()))})
        with books.transaction():
            books.write_setting(name, written)
    anchor: dict[str, str] = json.loads(written)
    return anchor


def _cross(
    symbol: str,
    sources: Mapping[str, PriceSource],
    listings: Listings,
    position: Position | None,
) -> PriceSource:
    """Keep a BTC pair in step with the two money markets it follows from, if both are listed."""
    shape = listings.shapes[symbol]
    base = sources.get(f"{symbol.partition('/')[0]}/{listings.money}")
    bitcoin = sources.get(f"BTC/{listings.money}")
    if base is None or bitcoin is None:
        return RandomWalk(shape=shape, seed=listings.seed, position=position)
    return Ratio(shape=shape, numerator=base, denominator=bitcoin, position=position)


def _recording(candles: list[Candle], file: CandleFile, origin: datetime) -> Recording:
    return Recording(candles=candles, seconds=file.seconds, origin=origin)
