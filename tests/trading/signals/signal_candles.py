"""Candles for strategies: of given closes, hour after hour."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from trading.model.candles import CandleInterval, CandleSeries, CandleSource
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Candle

START = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
BTC_USD = Symbol.parse("BTC/USD")
HALF = Decimal("0.005")


def candles(closes: Sequence[Decimal], *, first: int = 0) -> tuple[Candle, ...]:
    """Each opens where the one before it closed, and reaches half a percent beyond both."""
    made: list[Candle] = []
    before = closes[0]
    for place, close in enumerate(closes, start=first):
        made.append(
            Candle(
                symbol=BTC_USD,
                opened_at=START + place * HOUR,
                open=before,
                high=max(before, close) * (1 + HALF),
                low=min(before, close) * (1 - HALF),
                close=close,
                volume=Decimal(1),
            )
        )
        before = close
    return tuple(made)


def series(
    made: Sequence[Candle],
    *,
    as_of: datetime | None = None,
    source: CandleSource = CandleSource.EXCHANGE,
) -> CandleSeries:
    end = made[-1].opened_at + HOUR if made else START
    return CandleSeries(
        venue=VenueName("kraken"),
        symbol=BTC_USD,
        interval=CandleInterval.HOUR,
        candles=tuple(made),
        gaps=(),
        source=source,
        as_of=as_of or end + timedelta(minutes=20),
        as_of_monotonic=100.0,
    )


def line(start: str, step: str, count: int) -> list[Decimal]:
    """Return closes that each are `step` times the one before."""
    price, closes = Decimal(start), []
    for _ in range(count):
        closes.append(price)
        price = (price * Decimal(step)).quantize(Decimal("0.00000001"))
    return closes
