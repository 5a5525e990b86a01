"""Builds what moves targets by signals, within the bounds of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trading.balances.manager import BalanceManager
from trading.config.configuration import Configuration
from trading.intents.signal_reading import SignalReader, SignalRules
from trading.intents.signal_targets import SignalTargets
from trading.market.service import MarketData
from trading.model.candles import CandleInterval
from trading.model.identifiers import VenueName
from trading.portfolio.tilting import WeightBounds
from trading.signals.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Who reads candles, and who moves targets by what is read."""

    reader: SignalReader
    targets: SignalTargets


def build_signals(
    configuration: Configuration, market: MarketData, balances: BalanceManager
) -> Signals:
    """Build both; nothing is asked of any venue."""
    reader = SignalReader(candles=market.candles, balances=balances, load=_load)
    targets = SignalTargets(reader=reader, market=market.feed, rules=signal_rules(configuration))
    return Signals(reader=reader, targets=targets)


def signal_rules(configuration: Configuration) -> Mapping[VenueName, SignalRules]:
    """Return what holds at each venue with a table of signals."""
    return {
        VenueName(name): SignalRules(
            strategy=section.strategy,
            interval=CandleInterval(section.interval),
            bounds={
                code: WeightBounds(lowest=low, highest=section.highest[code])
                for code, low in section.lowest.items()
            },
            enabled=section.enabled,
        )
        for name, section in configuration.signals.items()
    }


def _load() -> Mapping[str, Strategy]:
    """Import the indicator library now: a bot without signals starts without it."""
    from trading.signals.catalogue import strategies

    return strategies()
