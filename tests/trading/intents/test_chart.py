"""What a chart shows, from which candles, with which of our fills; and the same as a file."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from handlers.telegram import services
from tests.support.charted import fill
from tests.trading.market.candle_values import BTC_USD, ETH_USD, MINUTE, at
from tests.trading.market.candle_world import CandleWorld, candle_world, traded
from trading.errors import CommandError, NotUnderstood, PriceError, StorageError, VenueUnavailable
from trading.intents.chart import CandleWish, ChartIntents, ChartView
from trading.market.feed import MarketFeed
from trading.market.service import MarketData
from trading.model.candles import CandleInterval
from trading.model.fill import Fill
from trading.model.identifiers import Asset, VenueName
from trading.model.instrument import Side

BTC = CandleWish(name="BTC", interval=MINUTE)
DOWN = VenueUnavailable("memory", "down")


@dataclass(slots=True)
class Journal:
    """Satisfies what a chart asks of the journal."""

    fills: tuple[Fill, ...] = ()
    failure: StorageError | None = None

    async def fills_since(self, venue: VenueName, since: object) -> tuple[Fill, ...]:
        del venue, since
        if self.failure is not None:
            raise self.failure
        return self.fills


class NoPainter:
    async def candles(self, view: ChartView) -> bytes:
        return str(view.series.symbol).encode()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[CandleWorld]:
    async with candle_world(tmp_path) as made:
        made.venue.list_instrument("BTC/USD", "109", "111")
        traded(made, BTC_USD, *range(-100, 1))
        yield made


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def charts(world: CandleWorld, journal: Journal) -> ChartIntents:
    feed = MarketFeed(adapters={world.venue.name: world.venue}, clock=world.clock)
    return ChartIntents(
        market=MarketData(feed=feed, candles=world.service),
        bases={world.venue.name: Asset("USD")},
        fills=journal,
        painter=NoPainter(),
        clock=world.clock,
    )


def test_the_chat_finds_what_it_calls(charts: ChartIntents) -> None:
    """Held by the type checker."""
    called: services.Charts = charts
    assert called is charts


async def test_a_chart_ends_at_the_price_of_now(charts: ChartIntents) -> None:
    view = await charts.show(BTC)
    assert len(view.series.candles) == 90
    assert view.series.candles[-1].is_closed is False
    assert (view.last, view.problem, view.age_seconds) == (Decimal(110), None, 0.0)
    assert f"{view.change_fraction:.2f}" == "0.10"
    assert await charts.picture(view) == b"BTC/USD"


async def test_only_our_fills_of_this_market_in_this_time_are_marked(
    charts: ChartIntents, journal: Journal, world: CandleWorld
) -> None:
    own = replace(fill(0, Side.BUY, MINUTE), executed_at=at(-5), venue=world.venue.name)
    journal.fills = (own, replace(own, symbol=ETH_USD))
    assert (await charts.show(BTC)).fills == (own,)


async def test_a_journal_that_cannot_be_read_costs_only_the_marks(
    charts: ChartIntents, journal: Journal
) -> None:
    journal.failure = StorageError("locked")
    assert (await charts.show(BTC)).fills == ()


async def test_stored_candles_are_shown_while_the_venue_is_silent_and_said_to_be_that(
    charts: ChartIntents, world: CandleWorld
) -> None:
    await charts.show(BTC)
    await world.clock.advance(120)
    world.venue.fail("fetch_candles", DOWN)
    world.venue.fail("fetch_prices", DOWN)
    view = await charts.show(BTC)
    assert view.series.candles[-1].opened_at == at(-1)
    assert view.age_seconds == 120
    assert view.problem is not None
    assert "down" in view.problem
    assert view.last == 100, "the last that is known"


async def test_nothing_known_and_nothing_to_be_had_is_said(
    charts: ChartIntents, world: CandleWorld
) -> None:
    world.venue.fail("fetch_candles", DOWN)
    with pytest.raises(PriceError, match="down"):
        await charts.show(BTC)


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        (CandleWish(name="XYZ"), PriceError),
        (CandleWish(name="BTC/BTC"), NotUnderstood),
        (CandleWish(name="BTC", venue=VenueName("elsewhere")), CommandError),
    ],
    ids=["unlisted", "nonsense", "no such venue"],
)
async def test_what_there_is_not(
    charts: ChartIntents, wish: CandleWish, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await charts.show(wish)


async def test_the_file_holds_closed_candles_exactly_and_goes_back_as_far_as_the_store(
    charts: ChartIntents, world: CandleWorld
) -> None:
    await charts.show(BTC)
    await world.clock.advance(3600)
    traded(world, BTC_USD, *range(30, 61))
    world.venue.history[BTC_USD] = {
        opened: each for opened, each in world.venue.history[BTC_USD].items() if opened >= at(30)
    }
    found = await charts.export(BTC)
    rows = found.content.decode().splitlines()
    assert rows[0] == "time,open,high,low,close,volume"
    assert rows[1] == f"{at(-89):%Y-%m-%dT%H:%M:%SZ},100,101,99,100,1.5"
    assert len(rows) == 1 + 89 + 30, "what the venue has forgotten is still there"
    assert [(gap.start, gap.end) for gap in found.gaps] == [(at(0), at(30))]
    assert found.name.startswith("memory-BTC-USD-1m-")
    assert found.candles[-1].opened_at == at(59)


async def test_an_interval_is_a_chart_of_its_own(charts: ChartIntents, world: CandleWorld) -> None:
    world.venue.history[BTC_USD].clear()
    hour = CandleInterval.HOUR.start_of(world.clock.now())
    start = hour - timedelta(hours=2)
    assert start.minute == 0
    traded(world, BTC_USD, -120, -60, 0)
    view = await charts.show(CandleWish(name="btc/usd", interval=CandleInterval.HOUR))
    assert [each.opened_at for each in view.series.candles] == [
        start + timedelta(hours=each) for each in range(3)
    ]
