"""What this venue's markets are like, and which recordings they can play."""

from collections.abc import Mapping
from decimal import Decimal

from simulators.binance.catalogue import Catalogue, ListedSymbol, all_symbols
from simulators.market.candles import CandleFile
from simulators.market.values import InstrumentShape

LEVEL_NOTIONAL = {"USDT": Decimal(4000), "BTC": Decimal("0.06")}


def shapes_of(catalogue: Catalogue) -> dict[str, InstrumentShape]:
    return {listed.symbol: _shape(listed) for listed in catalogue.symbols}


def playable(recordings: Mapping[str, CandleFile]) -> dict[str, CandleFile]:
    """Keep what can be played here; a recording against USD is played against USDT."""
    known = {listed.symbol for listed in all_symbols()}
    found = {}
    for symbol, file in recordings.items():
        here = symbol.replace("/USD", "/USDT") if symbol.endswith("/USD") else symbol
        if here in known and (here == symbol or here not in recordings):
            found[here] = file
    return found


def _shape(listed: ListedSymbol) -> InstrumentShape:
    return InstrumentShape(
        symbol=listed.symbol,
        tick_size=listed.tick_size,
        start_price=listed.price,
        volatility=listed.volatility,
        level_notional=LEVEL_NOTIONAL[listed.quote],
        quantity_step=listed.lot_step,
    )
