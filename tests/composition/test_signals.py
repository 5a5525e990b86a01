"""What the configuration says of signals reaches the parts that carry it out."""

from decimal import Decimal

from composition.signal_targets import signal_rules
from tests.trading.config.texts import WHOLE, read
from trading.intents.signal_reading import SignalRules
from trading.model.candles import CandleInterval
from trading.model.identifiers import Asset, VenueName
from trading.portfolio.tilting import WeightBounds

TABLE = """\
[signals.kraken]
enabled = true
strategy = "mean_reversion"
interval = "1d"
lowest = { BTC = 0.3 }
highest = { BTC = 0.6 }
"""


def test_the_bounds_and_the_strategy_are_those_of_the_file() -> None:
    assert signal_rules(read(WHOLE)) == {}
    assert signal_rules(read(WHOLE + TABLE)) == {
        VenueName("kraken"): SignalRules(
            strategy="mean_reversion",
            interval=CandleInterval.DAY,
            bounds={Asset("BTC"): WeightBounds(lowest=Decimal("0.3"), highest=Decimal("0.6"))},
            enabled=True,
        )
    }
