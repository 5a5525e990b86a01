"""Ledger rows are stored once each, counted once each, and flows are never forgotten."""

from dataclasses import replace
from decimal import Decimal

from storage.database import Database
from storage.ledger import LedgerRepository, LedgerRow
from storage.performance import PerformanceRepository, Settlement
from tests.storage.performance_rows import series
from tests.support.stores import later


def row(ledger_id: str, seconds: float, kind: str = "deposit", amount: str = "100") -> LedgerRow:
    return LedgerRow(
        venue="kraken",
        ledger_id=ledger_id,
        kind=kind,
        asset="USD",
        amount=Decimal(amount),
        fee=Decimal(0),
        balance=Decimal(1000),
        at=later(seconds),
    )


async def test_a_row_is_stored_once_however_often_it_is_read(database: Database) -> None:
    ledger = LedgerRepository(database=database)
    await ledger.add(())
    await ledger.add((row("L2", 2), row("L1", 1)))
    await ledger.add((row("L2", 2, amount="999"), row("L3", 3)))
    found = await ledger.unsettled("kraken", later(0))
    assert found == (row("L1", 1), row("L2", 2), row("L3", 3))
    assert await ledger.unsettled("kraken", later(2)) == (row("L2", 2), row("L3", 3))
    assert await ledger.unsettled("other", later(0)) == ()


async def test_what_was_counted_is_not_offered_again(database: Database) -> None:
    ledger, performance = (
        LedgerRepository(database=database),
        PerformanceRepository(database=database),
    )
    await ledger.add((row("L1", 1), row("L2", 2, kind="trade"), row("L3", 3)))
    told = replace(row("made-up", 4, kind="unexplained"), settled_at=later(9), value=Decimal(-7))
    settled = Settlement(ids=("L1", "L2"), worth={"L1": Decimal("100.5")}, invented=(told,))
    await performance.save(series(at=later(9)), settled)
    await ledger.add((row("L1", 1),))
    assert await ledger.unsettled("kraken", later(0)) == (row("L3", 3),)
    counted = replace(row("L1", 1), settled_at=later(9), value=Decimal("100.5"))
    assert await ledger.flows("kraken", later(9)) == (counted, told)
    assert await ledger.flows("kraken", later(10)) == ()


async def test_flows_are_kept_when_old_rows_are_forgotten(database: Database) -> None:
    ledger = LedgerRepository(database=database)
    await ledger.add((row("L1", 1), row("L2", 2, kind="trade"), row("L3", 3, kind="trade")))
    assert await ledger.prune(later(3)) == 1
    assert await ledger.unsettled("kraken", later(0)) == (row("L1", 1), row("L3", 3, kind="trade"))
