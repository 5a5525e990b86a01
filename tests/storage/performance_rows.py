"""A series of a venue as it is kept."""

from datetime import datetime
from decimal import Decimal

from storage.performance import PerformanceRow
from tests.support.stores import NOW


def series(at: datetime = NOW, growth: str = "1") -> PerformanceRow:
    return PerformanceRow(
        venue="kraken",
        base="USD",
        holdings="{}",
        source="exchange",
        balances_at=at,
        prices_at=at,
        at=at,
        growth=Decimal(growth),
        peak=Decimal("1.25"),
        peak_at=NOW,
        day="2026-01-05",
        day_growth=Decimal(1),
        day_nav=Decimal(1000),
        day_at=NOW,
        began_at=NOW,
    )
