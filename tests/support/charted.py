"""A market to look at: candles of a made-up hour, and what we did in them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from trading.intents.chart import CandleFile, ChartView, as_csv
from trading.intents.prices import PricesView, PriceView
from trading.model.candles import CandleInterval, CandleSeries, CandleSource, Gap, GapReason
from trading.model.fill import Fill
from trading.model.identifiers import Asset, FillId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Side
from trading.model.market_data import Candle

KRAKEN = VenueName("kraken")
BTC_USD = Symbol.parse("BTC/USD")
NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
COUNT = 40


def candle(place: int, interval: CandleInterval, *, is_closed: bool = True) -> Candle:
    """Return the candle of this number: a saw that rises."""
    price = Decimal(40_000 + 25 * place + 60 * (place % 7))
    return Candle(
        symbol=BTC_USD,
        opened_at=NOON + place * interval.length,
        open=price,
        high=price + 90,
        low=price - 70,
        close=price + (40 if place % 3 else -40),
        volume=Decimal(place % 5) / 2,
        is_closed=is_closed,
    )


def fill(place: int, side: Side, interval: CandleInterval, order: str = "O-1") -> Fill:
    return Fill(
        venue=KRAKEN,
        fill_id=FillId(f"T-{order}-{place}-{side}"),
        venue_order_id=VenueOrderId(order),
        client_order_id=None,
        symbol=BTC_USD,
        side=side,
        quantity=Decimal("0.1"),
        price=candle(place, interval).open,
        cost=Decimal(4000),
        fee=Decimal(1),
        fee_asset=Asset("USD"),
        executed_at=NOON + place * interval.length + timedelta(seconds=20),
    )


def chart_view(
    interval: CandleInterval = CandleInterval.HOUR,
    *,
    fills: tuple[Fill, ...] | None = None,
    problem: str | None = None,
    missing: tuple[int, ...] = (),
    count: int = COUNT,
) -> ChartView:
    kept = [place for place in range(count) if place not in missing]
    candles = tuple(candle(each, interval, is_closed=each < count - 1) for each in kept)
    gaps = tuple(
        Gap(
            start=NOON + place * interval.length,
            end=NOON + (place + 1) * interval.length,
            reason=GapReason.NO_TRADES,
        )
        for place in missing
    )
    usual = (fill(5, Side.BUY, interval), fill(20, Side.SELL, interval, "O-2"))
    now = NOON + (count - 1) * interval.length + interval.length / 2
    return ChartView(
        series=CandleSeries(
            venue=KRAKEN,
            symbol=BTC_USD,
            interval=interval,
            candles=candles,
            gaps=gaps,
            source=CandleSource.EXCHANGE,
            as_of=now,
            as_of_monotonic=0.0,
        ),
        fills=usual if fills is None else fills,
        price=None,
        problem=problem,
        age_seconds=2.0,
        at=now,
    )


def candle_file() -> CandleFile:
    view = chart_view()
    closed = view.series.closed
    return CandleFile(
        name="kraken-BTC-USD-1h.csv",
        content=as_csv(closed),
        venue=KRAKEN,
        symbol=BTC_USD,
        interval=CandleInterval.HOUR,
        candles=closed,
        gaps=(),
        problem=None,
    )


class FakePrices:
    async def prices(self, names: Sequence[str], venue: VenueName | None) -> PricesView:
        del venue
        view = PriceView(
            venue=KRAKEN,
            symbol=BTC_USD,
            value=Decimal("40000.05"),
            bid=Decimal(40_000),
            ask=Decimal("40000.1"),
            spread_fraction=Decimal("0.0000025"),
            day_change_fraction=Decimal("-0.0123"),
            is_pushed=True,
            as_of=NOON,
            age_seconds=1.2,
        )
        bad = [f"kraken does not list {name}" for name in names if name.startswith("no")]
        good = [view for name in names if not name.startswith("no")]
        return PricesView(prices=tuple(good), problems=tuple(bad))
