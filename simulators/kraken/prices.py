"""Where this venue's prices come from, and the tapes they are printed on."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from simulators.exchange.books import Books
from simulators.kraken.catalogue import Catalogue, ListedPair
from simulators.kraken.options import Options
from simulators.market.backfill import Backfill
from simulators.market.candles import Candle, CandleFile, Recording, read_candles
from simulators.market.market import SimulatedMarket
from simulators.market.sources import PriceSource, RandomWalk, Ratio, RecordedPrices
from simulators.market.tape import Tape
from simulators.market.values import InstrumentShape

LEVEL_NOTIONAL = {"USD": Decimal(4000), "USDT": Decimal(4000), "BTC": Decimal("0.06")}


def build_market(
    options: Options,
    *,
    catalogue: Catalogue,
    books: Books,
    recordings: Mapping[str, CandleFile],
) -> SimulatedMarket:
    positions = books.positions()
    shapes = {pair.symbol: _shape(pair) for pair in catalogue.pairs}
    sources: dict[str, PriceSource] = {}
    played = {symbol: recordings[symbol] for symbol in shapes if symbol in recordings}
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
                shape=shape, seed=options.seed, position=positions.get(symbol)
            )
    for symbol, shape in shapes.items():
        if symbol not in sources:
            sources[symbol] = _cross(symbol, shape, sources, options, books)
    return SimulatedMarket(shapes=shapes, sources=sources, seed=options.seed, speed=options.speed)


def build_tapes(
    catalogue: Catalogue, *, books: Books, market: SimulatedMarket, now: datetime
) -> dict[str, Tape]:
    """Make the tapes; the invented past of a walk hangs on the first price it ever had."""
    tapes = {}
    for pair in catalogue.pairs:
        symbol = pair.symbol
        backfill = None
        if not market.is_recorded(symbol):
            anchor = _anchor(books, symbol, market.price(symbol), now)
            backfill = Backfill(
                shape=_shape(pair),
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
    shape: InstrumentShape,
    sources: Mapping[str, PriceSource],
    options: Options,
    books: Books,
) -> PriceSource:
    """Keep a BTC pair in step with the two USD markets it follows from, if both are listed."""
    position = books.positions().get(symbol)
    base = sources.get(f"{symbol.partition('/')[0]}/USD")
    bitcoin = sources.get("BTC/USD")
    if base is None or bitcoin is None:
        return RandomWalk(shape=shape, seed=options.seed, position=position)
    return Ratio(shape=shape, numerator=base, denominator=bitcoin, position=position)


def _recording(candles: list[Candle], file: CandleFile, origin: datetime) -> Recording:
    return Recording(candles=candles, seconds=file.seconds, origin=origin)


def _shape(pair: ListedPair) -> InstrumentShape:
    return InstrumentShape(
        symbol=pair.symbol,
        tick_size=pair.tick_size,
        start_price=pair.price,
        volatility=pair.volatility,
        level_notional=LEVEL_NOTIONAL[pair.quote.name],
    )
