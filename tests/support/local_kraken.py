"""A local Kraken for a test: a real process with its own books, and hands on its levers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.local_venue import LocalVenue
from tests.support.processes import UNMEASURED


@dataclass(frozen=True, slots=True, kw_only=True)
class KrakenOptions:
    """What the venue is started with; prices stand still unless `speed` is given."""

    seed: int = 1
    pairs: tuple[str, ...] = ()
    balances: Mapping[str, str] | None = None
    speed: float = 0.0
    tick_ms: float = 1000.0
    latency_ms: float = 0.0
    candles: Path | None = None
    counters: str = "off"
    fees: str = "fixed"
    can_withdraw: bool = False
    extra: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        found = [
            *("--seed", str(self.seed)),
            *("--speed", str(self.speed)),
            *("--tick-ms", str(self.tick_ms)),
            *("--latency-ms", str(self.latency_ms)),
            *("--counters", self.counters),
            *("--fees", self.fees),
        ]
        if self.pairs:
            found += ["--pairs", ",".join(self.pairs)]
        if self.balances is not None:
            listed = ",".join(f"{asset}={amount}" for asset, amount in self.balances.items())
            found += ["--balances", listed]
        if self.candles is not None:
            found += ["--candles", str(self.candles)]
        if self.can_withdraw:
            found.append("--can-withdraw")
        return [*found, *self.extra]


@dataclass(slots=True, kw_only=True)
class LocalKraken(LocalVenue):
    options: KrakenOptions
    module: str = "simulators.kraken"
    ws_url: str = ""
    ws_auth_url: str = ""

    def learn(self, ready: Mapping[str, Any]) -> None:
        self.ws_url, self.ws_auth_url = ready["ws_url"], ready["ws_auth_url"]


@asynccontextmanager
async def running_local_kraken(
    state: Path, *, environment: Mapping[str, str | None] = UNMEASURED, **options: Any
) -> AsyncIterator[LocalKraken]:
    """Run a local Kraken with its books in `state`; see `KrakenOptions` for the options."""
    local = LocalKraken(state=state, options=KrakenOptions(**options), environment=environment)
    async with local as kraken:
        yield kraken
