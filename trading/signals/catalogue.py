"""The strategies there are, by the name that the configuration uses."""

from __future__ import annotations

from collections.abc import Mapping

from trading.signals.mean_reversion import MeanReversion
from trading.signals.strategy import Strategy
from trading.signals.trend import Trend


def strategies() -> Mapping[str, Strategy]:
    """Return each by its name."""
    every: tuple[Strategy, ...] = (Trend(), MeanReversion())
    return {strategy.name: strategy for strategy in every}
