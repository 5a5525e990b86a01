"""A local Binance for a test: a real process with its own books, and hands on its levers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.local_venue import LocalVenue
from tests.support.processes import UNMEASURED


@dataclass(frozen=True, slots=True, kw_only=True)
class BinanceOptions:
    """What the venue is started with; prices stand still unless `speed` is given."""

    seed: int = 1
    symbols: tuple[str, ...] = ()
    balances: Mapping[str, str] | None = None
    speed: float = 0.0
    tick_ms: float = 1000.0
    latency_ms: float = 0.0
    candles: Path | None = None
    commission: str = "0.001"
    can_withdraw: bool = False
    weight_limit: int = 6000
    orders_10s: int = 100
    ban_seconds: float = 120.0
    ping_seconds: float = 20.0
    life_seconds: float = 86_400.0
    extra: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        found = [
            *("--seed", str(self.seed)),
            *("--speed", str(self.speed)),
            *("--tick-ms", str(self.tick_ms)),
            *("--latency-ms", str(self.latency_ms)),
            *("--commission", self.commission),
            *("--weight-limit", str(self.weight_limit)),
            *("--orders-10s", str(self.orders_10s)),
            *("--ban-seconds", str(self.ban_seconds)),
            *("--ws-ping-seconds", str(self.ping_seconds)),
            *("--ws-life-seconds", str(self.life_seconds)),
        ]
        if self.symbols:
            found += ["--symbols", ",".join(self.symbols)]
        if self.balances is not None:
            listed = ",".join(f"{asset}={amount}" for asset, amount in self.balances.items())
            found += ["--balances", listed]
        if self.candles is not None:
            found += ["--candles", str(self.candles)]
        if self.can_withdraw:
            found.append("--can-withdraw")
        return [*found, *self.extra]


@dataclass(slots=True, kw_only=True)
class LocalBinance(LocalVenue):
    """`rest_url` is the host (append /api), `ws_api_url` the WebSocket API, `stream_url` /stream.

    For python-binance: API_URL = rest_url + "/api", MARGIN_API_URL = rest_url + "/sapi",
    WS_API_URL = ws_api_url, BinanceSocketManager.STREAM_URL = ws host + "/".
    """

    options: BinanceOptions
    module: str = "simulators.binance"
    ws_api_url: str = ""
    stream_url: str = ""

    def learn(self, ready: Mapping[str, Any]) -> None:
        self.ws_api_url, self.stream_url = ready["ws_api_url"], ready["stream_url"]


@asynccontextmanager
async def running_local_binance(
    state: Path, *, environment: Mapping[str, str | None] = UNMEASURED, **options: Any
) -> AsyncIterator[LocalBinance]:
    """Run a local Binance with its books in `state`; see `BinanceOptions` for the options."""
    local = LocalBinance(state=state, options=BinanceOptions(**options), environment=environment)
    async with local as binance:
        yield binance
