"""Real prices through the whole bot: three books agree to the last satoshi at the end."""

from decimal import Decimal
from pathlib import Path

from bench.history import Pace, play
from simulators.clock import RealClock
from tests.support.shared import shared

SHORT = Pace(speed=30_000.0, seconds=12.0, schedule_seconds=2)


async def test_a_week_of_real_prices_leaves_three_equal_books(tmp_path: Path) -> None:
    candles = shared("data", "candles")
    history = await play(tmp_path, candles=candles, pace=SHORT, clock=RealClock())
    assert history.differences == ()
    assert history.fills == history.told
    assert history.orders >= 5
    assert history.turnover > Decimal("0.1")
    assert history.fees > 0
    # What rebalancing cost or earned against holding stays within what was traded.
    assert abs(history.value - history.hold_value) < history.turnover
