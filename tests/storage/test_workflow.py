"""Runs of the symbol workflow: kept whole, completed once the order is known, and forgotten."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from storage.database import Database
from storage.workflow import WorkflowRepository, WorkflowRow
from tests.support.stores import NOW

ROW = WorkflowRow(
    run_id="run-1",
    venue="kraken",
    symbol="BTC/USD",
    started_at=NOW,
    correlation_id="tg1",
    asked_by="1001",
    quantity=Decimal("0.01"),
    strategy="trend",
    strength=Decimal("0.5"),
    signal="the trend is up",
    decision="buy",
    reason="the signal is to buy",
    data_ms=Decimal("104.2"),
    signal_ms=Decimal("0.9"),
    risk_ms=Decimal("12.3"),
    decision_ms=Decimal("0.1"),
    order_ms=None,
    outcome=None,
)
BAD = replace(
    ROW,
    symbol="NOPE/USD",
    strategy=None,
    strength=None,
    signal=None,
    decision="none",
    signal_ms=None,
    risk_ms=None,
    decision_ms=None,
)


async def test_every_symbol_of_a_run_comes_back_as_it_was(database: Database) -> None:
    store = WorkflowRepository(database=database)
    await store.add(())
    await store.add((ROW, BAD))
    later = replace(ROW, run_id="run-2", started_at=NOW + timedelta(seconds=1))
    await store.add((later,))
    assert await store.recent(10) == (later, ROW, BAD)
    assert await store.recent(1) == (later,)


async def test_the_order_completes_its_own_symbol_alone(database: Database) -> None:
    store = WorkflowRepository(database=database)
    await store.add((ROW, BAD))
    spent = Decimal("203.4")
    assert await store.ordered("run-1", "BTC/USD", order_ms=spent, outcome="filled")
    assert not await store.ordered("gone", "BTC/USD", order_ms=spent, outcome="filled")
    assert await store.recent(10) == (replace(ROW, order_ms=spent, outcome="filled"), BAD)


async def test_old_runs_are_forgotten(database: Database) -> None:
    store = WorkflowRepository(database=database)
    young = replace(ROW, run_id="run-2", started_at=NOW + timedelta(days=1))
    await store.add((ROW, BAD, young))
    assert await store.prune(NOW + timedelta(hours=1)) == 2
    assert await store.recent(10) == (young,)
