"""Net asset values are kept in the order of their time."""

from decimal import Decimal

from storage.database import Database
from storage.nav import NavRepository
from storage.records import NavRow
from tests.support.stores import later


def measured(seconds: float, venue: str = "kraken") -> NavRow:
    return NavRow(venue=venue, base="USD", nav=Decimal(f"{seconds}.10"), at=later(seconds))


async def test_they_are_found_by_time(database: Database) -> None:
    nav = NavRepository(database=database)
    assert await nav.latest("kraken") is None
    await nav.append(measured(3), measured(1))
    await nav.append(measured(2))
    await nav.append(measured(9, venue="other"))
    await nav.append()
    assert await nav.since("kraken", later(2)) == (measured(2), measured(3))
    assert await nav.latest("kraken") == measured(3)
    assert await nav.latest("other") == measured(9, venue="other")


async def test_old_measurements_are_thinned_to_one_an_hour(database: Database) -> None:
    nav = NavRepository(database=database)
    hour = 3600
    start = hour - int(later(0).timestamp()) % hour
    moments = [start + 5, start + 65, start + hour + 5, start + hour + 65, start + 2 * hour + 5]
    await nav.append(*map(measured, moments), measured(start + 30, venue="other"))
    assert await nav.thin(later(start + hour + 60)) == 2
    kept = await nav.since("kraken", later(0))
    assert kept == tuple(map(measured, moments[1:2] + moments[3:]))
    assert await nav.latest("other") is not None
