"""Samples how late the event loop is: whoever blocks it delays everything, and shows here."""

from __future__ import annotations

from collections import deque

from trading.clock import Clock
from trading.intents.machine import Component, Probe
from trading.metrics.meter import Meter

_EVERY_SECONDS = 0.5
_REMEMBERED = 20
"""Samples: the last ten seconds."""
_BAD_SECONDS = 2.0


class LoopLag:
    """Asks to be woken and looks at the clock; `run` is a long-lived part."""

    def __init__(self, *, meter: Meter, clock: Clock) -> None:
        """Nothing is sampled yet."""
        self._meter = meter
        self._clock = clock
        self._lags: deque[float] = deque(maxlen=_REMEMBERED)

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            due = self._clock.monotonic() + _EVERY_SECONDS
            await self._clock.sleep(_EVERY_SECONDS)
            lag = max(0.0, self._clock.monotonic() - due)
            self._lags.append(lag)
            self._meter.loop_lag(lag)

    @property
    def worst_seconds(self) -> float:
        """The worst of the last samples."""
        return max(self._lags, default=0.0)

    def probe(self) -> Probe:
        """Say whether the loop turns in time."""

        async def probe() -> tuple[Component, ...]:
            worst = self.worst_seconds
            detail = f"up to {worst:.3f} s late in the last ten seconds"
            return (Component(name="loop", healthy=worst < _BAD_SECONDS, detail=detail),)

        return probe
