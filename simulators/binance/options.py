"""The command line of the local venue."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from simulators.binance.authentication import Credentials
from simulators.binance.limits import Allowance
from simulators.exchange.arguments import address, balances, listed, not_negative, positive
from simulators.exchange.serving import Address

# Made up, and so that nobody takes them for real ones.
DEMO_KEY = "LocalBinanceDemoKeyNotARealOne" + "0" * 34
DEMO_SECRET = "LocalBinanceDemoSecretNotARealOne" + "0" * 31
DEMO_BALANCES = "USDT=10000,BTC=0.1,ETH=1.5"
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`symbols` empty means: those of the candle folder that are listed, or the demo's."""

    listen: Address
    control: Address
    state: Path
    seed: int
    candles: Path | None
    symbols: tuple[str, ...]
    speed: float
    tick_seconds: float
    latency_seconds: float
    balances: dict[str, Decimal]
    credentials: Credentials
    commission: Decimal
    can_withdraw: bool
    allowance: Allowance
    ping_seconds: float
    life_seconds: float


def parse(arguments: Sequence[str]) -> Options:
    known = _parser().parse_args(arguments)
    return Options(
        listen=known.listen,
        control=known.control,
        state=known.state,
        seed=known.seed,
        candles=known.candles,
        symbols=known.symbols,
        speed=known.speed,
        tick_seconds=known.tick_ms / 1000,
        latency_seconds=known.latency_ms / 1000,
        balances=known.balances,
        credentials=Credentials(key=known.key, secret=known.secret),
        commission=Decimal(str(known.commission)),
        can_withdraw=known.can_withdraw,
        allowance=Allowance(
            weight=known.weight_limit,
            orders_in_ten_seconds=known.orders_10s,
            orders_in_a_day=known.orders_1d,
            ban_seconds=known.ban_seconds,
        ),
        ping_seconds=known.ws_ping_seconds,
        life_seconds=known.ws_life_seconds,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.binance",
        description="A local Binance with durable books. Prints one JSON line when it is ready.",
    )
    add, usual = parser.add_argument, Allowance()
    anywhere = address("127.0.0.1:0")
    add("--listen", type=address, default=anywhere, help="address of REST and of the streams")
    add("--control", type=address, default=anywhere, help="control address")
    add("--state", type=Path, required=True, help="folder of the durable books")
    add("--seed", type=int, default=1, help="makes the market and the ids repeatable")
    add("--candles", type=Path, help="folder of recorded candles to play")
    add("--symbols", type=listed, default=(), help="such as BTC/USDT,ETH/BTC")
    add("--speed", type=not_negative, default=1.0, help="market seconds a second; 0: stand still")
    add("--tick-ms", type=positive, default=1000.0, help="real time between price steps")
    add("--latency-ms", type=not_negative, default=0.0, help="added to every call")
    add("--balances", type=balances, default=balances(DEMO_BALANCES), help="BTC=0.5,USDT=100")
    add("--key", default=DEMO_KEY)
    add("--secret", default=DEMO_SECRET)
    add("--commission", type=not_negative, default=0.001, help="as a share: 0.001 is 0.1 %%")
    add("--can-withdraw", action="store_true", help="give the key the right to withdraw")
    add("--weight-limit", type=int, default=usual.weight, help="request weight a minute")
    add("--orders-10s", type=int, default=usual.orders_in_ten_seconds, help="unfilled orders")
    add("--orders-1d", type=int, default=usual.orders_in_a_day, help="unfilled orders")
    add("--ban-seconds", type=positive, default=usual.ban_seconds, help="for ignoring a 429")
    add("--ws-ping-seconds", type=positive, default=20.0, help="between ping frames")
    add("--ws-life-seconds", type=positive, default=DAY_SECONDS, help="of one connection")
    return parser
