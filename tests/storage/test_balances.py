"""The stored balances of a venue are replaced as a whole, those of others untouched."""

from dataclasses import replace
from decimal import Decimal

import pytest

from storage.balances import BalanceRepository
from storage.database import Database
from storage.errors import StoredValueInvalid
from storage.records import BalanceRow
from tests.support.stores import NOW, later

BTC = BalanceRow(
    venue="kraken",
    asset="BTC",
    free=Decimal("0.10000000"),
    locked=Decimal("0E-8"),
    source="exchange",
    changed_at=NOW,
    confirmed_at=NOW,
)
USD = replace(BTC, asset="USD", free=Decimal("12.3400"), locked=Decimal(5))
ELSEWHERE = replace(BTC, venue="other")


async def test_they_are_replaced_as_a_whole(database: Database) -> None:
    balances = BalanceRepository(database=database)
    await balances.replace("kraken", [USD, BTC])
    await balances.replace("other", [ELSEWHERE])
    assert await balances.load("kraken") == (BTC, USD)
    await balances.replace("kraken", [USD])
    assert await balances.load("kraken") == (USD,)
    assert await balances.load("other") == (ELSEWHERE,)
    await balances.replace("kraken", [])
    assert await balances.load("kraken") == ()


async def test_a_refused_amount_leaves_the_old_ones(database: Database) -> None:
    balances = BalanceRepository(database=database)
    await balances.replace("kraken", [BTC])
    with pytest.raises(StoredValueInvalid, match="NaN"):
        await balances.replace("kraken", [USD, replace(BTC, free=Decimal("NaN"))])
    assert await balances.load("kraken") == (BTC,)


async def test_a_confirmation_changes_nothing_else(database: Database) -> None:
    balances = BalanceRepository(database=database)
    await balances.replace("kraken", [BTC, USD])
    await balances.replace("other", [ELSEWHERE])
    await balances.touch("kraken", later(60))
    assert await balances.load("kraken") == tuple(
        replace(row, confirmed_at=later(60)) for row in (BTC, USD)
    )
    assert await balances.load("other") == (ELSEWHERE,)
