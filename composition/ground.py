"""What the whole bot stands on."""

from __future__ import annotations

from dataclasses import dataclass, field

from storage.state_directory import StateDirectory
from trading.clock import Clock
from trading.config.configuration import Configuration
from trading.intents.rebalance_model import Painter
from trading.metrics.meter import Meter, NullMeter


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What there is before anything is built."""

    configuration: Configuration
    state: StateDirectory
    clock: Clock
    painter: Painter
    meter: Meter = field(default_factory=NullMeter)
    """Who hears of what is to be counted; nobody where no metrics are asked for."""
