"""The command line of the local venue."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from simulators.exchange.arguments import address, balances, listed, not_negative, positive
from simulators.exchange.serving import Address
from simulators.kraken.authentication import Credentials
from simulators.kraken.counters import TIERS

# Made up, and so that nobody takes them for real ones.
DEMO_KEY = "LOCAL-KRAKEN-DEMO-KEY/not-a-real-key/000000000000000000"
DEMO_SECRET = "bG9jYWwga3Jha2VuIGRlbW8gc2VjcmV0OiBub3QgYSByZWFsIHNlY3JldCBhdCBhbGw="  # noqa: S105 -- says so itself
DEMO_BALANCES = "USD=10000,BTC=0.1,ETH=1.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`pairs` empty means: those of the candle folder, or the demo's."""

    listen: Address
    control: Address
    state: Path
    seed: int
    candles: Path | None
    pairs: tuple[str, ...]
    speed: float
    tick_seconds: float
    latency_seconds: float
    balances: dict[str, Decimal]
    credentials: Credentials
    counters: str
    fees_by_volume: bool
    can_withdraw: bool
    token_seconds: float
    idle_seconds: float


def parse(arguments: Sequence[str]) -> Options:
    known = _parser().parse_args(arguments)
    return Options(
        listen=known.listen,
        control=known.control,
        state=known.state,
        seed=known.seed,
        candles=known.candles,
        pairs=known.pairs,
        speed=known.speed,
        tick_seconds=known.tick_ms / 1000,
        latency_seconds=known.latency_ms / 1000,
        balances=known.balances,
        credentials=Credentials(key=known.key, secret=known.secret),
        counters=known.counters,
        fees_by_volume=known.fees == "tiered",
        can_withdraw=known.can_withdraw,
        token_seconds=known.token_seconds,
        idle_seconds=known.ws_idle_seconds,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.kraken",
        description="A local Kraken with durable books. Prints one JSON line when it is ready.",
    )
    add = parser.add_argument
    add(
        "--listen",
        type=address,
        default=address("127.0.0.1:0"),
        help="address of REST and of the streams",
    )
    add("--control", type=address, default=address("127.0.0.1:0"), help="control address")
    add("--state", type=Path, required=True, help="folder of the durable books")
    add("--seed", type=int, default=1, help="makes the market and the ids repeatable")
    add("--candles", type=Path, help="folder of recorded candles to play")
    add("--pairs", type=listed, default=(), help="such as BTC/USD,ETH/BTC")
    add("--speed", type=not_negative, default=1.0, help="market seconds a second; 0: stand still")
    add("--tick-ms", type=positive, default=1000.0, help="real time between price steps")
    add("--latency-ms", type=not_negative, default=0.0, help="added to every call")
    add("--balances", type=balances, default=balances(DEMO_BALANCES), help="BTC=0.5,USD=100")
    add("--key", default=DEMO_KEY)
    add("--secret", default=DEMO_SECRET)
    add("--counters", choices=[*TIERS, "off"], default="off", help="call-rate limits of a tier")
    add("--fees", choices=["fixed", "tiered"], default="fixed", help="tiered: by 30-day volume")
    add("--can-withdraw", action="store_true", help="give the key the right to withdraw")
    add("--token-seconds", type=positive, default=900.0, help="life of an unused stream token")
    add("--ws-idle-seconds", type=positive, default=60.0, help="streams without a subscription")
    return parser
