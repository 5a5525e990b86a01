"""The series of a venue, the states of its limits, and the orders it was sent lately."""

from dataclasses import replace
from decimal import Decimal

from storage.database import Database
from storage.nav import NavRepository
from storage.orders import OrderRepository
from storage.performance import (
    GrowthPoint,
    LimitStateRow,
    PerformanceRepository,
)
from storage.records import NavRow
from tests.storage.performance_rows import series
from tests.support.stores import NEW_ORDER, later, move, order_id


async def test_the_newest_series_is_the_one_there_is(database: Database) -> None:
    performance = PerformanceRepository(database=database)
    assert await performance.load("kraken") is None
    await performance.save(series())
    await performance.save(series(later(60), growth="1.1"))
    await performance.save(replace(series(), venue="other"))
    assert await performance.load("kraken") == series(later(60), growth="1.1")


async def test_the_states_of_limits_are_replaced_together(database: Database) -> None:
    performance = PerformanceRepository(database=database)
    state = LimitStateRow(
        venue="kraken",
        limit_key="max_exposure BTC",
        is_warned=True,
        tripped_at=later(1),
        acknowledged=Decimal("0.61"),
    )
    await performance.save_limit_states("kraken", (state, replace(state, limit_key="x")))
    await performance.save_limit_states("kraken", (state,))
    assert await performance.limit_states("kraken") == (state,)
    await performance.save_limit_states("kraken", ())
    assert await performance.limit_states("kraken") == ()


async def test_growth_is_looked_up_as_it_was_at_a_moment(database: Database) -> None:
    nav, performance = NavRepository(database=database), PerformanceRepository(database=database)

    def measured(seconds: float, growth: str | None, base: str = "USD") -> NavRow:
        return NavRow(
            venue="kraken",
            base=base,
            nav=Decimal(1000),
            at=later(seconds),
            growth=None if growth is None else Decimal(growth),
        )

    await nav.append(
        measured(1, "1"), measured(2, "1.5"), measured(3, None), measured(4, "9", "EUR")
    )

    async def growth(at: float, began: float = 0) -> GrowthPoint | None:
        return await performance.growth_at("kraken", "USD", later(at), began_at=later(began))

    assert await growth(0.5) is None
    assert await growth(1.5) == GrowthPoint(at=later(1), growth=Decimal(1))
    assert await growth(9) == GrowthPoint(at=later(2), growth=Decimal("1.5"))
    assert await growth(9, began=3) is None


async def test_sends_are_counted_by_the_journal(database: Database) -> None:
    orders, performance = (
        OrderRepository(database=database),
        PerformanceRepository(database=database),
    )
    planned = await orders.plan([NEW_ORDER] * 4, order_id)
    assert await performance.sent_since("kraken", later(0), 10) == 4, "about to be sent"
    for row, seconds in zip(planned[:3], (10, 40, 50), strict=True):
        await orders.move(replace(move(row, "submitting"), submitted_at=later(seconds)))
    await orders.move(move(planned[3], "cancelled"))
    assert await performance.sent_since("kraken", later(0), 10) == 3, "one never left"
    assert await performance.sent_since("kraken", later(40), 10) == 2
    assert await performance.sent_since("kraken", later(0), 2) == 2
    assert await performance.sent_since("other", later(0), 10) == 0
