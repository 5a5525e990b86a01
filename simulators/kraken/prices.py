"""What this venue's markets are like."""

from decimal import Decimal

from simulators.kraken.catalogue import Catalogue, ListedPair
from simulators.market.values import InstrumentShape

LEVEL_NOTIONAL = {"USD": Decimal(4000), "USDT": Decimal(4000), "BTC": Decimal("0.06")}


def shapes_of(catalogue: Catalogue) -> dict[str, InstrumentShape]:
    return {pair.symbol: _shape(pair) for pair in catalogue.pairs}


def _shape(pair: ListedPair) -> InstrumentShape:
    return InstrumentShape(
        symbol=pair.symbol,
        tick_size=pair.tick_size,
        start_price=pair.price,
        volatility=pair.volatility,
        level_notional=LEVEL_NOTIONAL[pair.quote.name],
    )
