"""A breaker is one row per venue and kind of call."""

from dataclasses import replace

from storage.breakers import BreakerRepository
from storage.database import Database
from storage.records import BreakerRow
from tests.support.stores import NOW, later

OPEN = BreakerRow(
    venue="kraken",
    kind="orders",
    state="open",
    failures=5,
    open_until=later(30),
    reason="timed out",
    updated_at=NOW,
)


async def test_the_last_row_counts(database: Database) -> None:
    breakers = BreakerRepository(database=database)
    other = replace(OPEN, kind="balances")
    await breakers.put(OPEN)
    await breakers.put(other)
    assert await breakers.load() == (other, OPEN)
    closed = replace(OPEN, state="closed", failures=0, open_until=None, reason=None)
    await breakers.put(closed)
    assert await breakers.load() == (other, closed)
