"""Services for tests of the Telegram edge: small, in memory, and they remember their calls."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from handlers.telegram.services import Services
from tests.support.telegram_risk import FakeRisk
from trading.clock import Clock
from trading.errors import CommandError
from trading.intents.balances import VerifyOutcome
from trading.model.balance import BalanceReading, BalanceSource, BalanceStatus, VenueBalances
from trading.model.identifiers import Asset, VenueName
from trading.model.trading_state import TradingMode, TradingState

KRAKEN = VenueName("kraken")


def reading(
    asset: str,
    free: str,
    *,
    clock: Clock,
    locked: str = "0",
    source: BalanceSource = BalanceSource.EXCHANGE,
    verified: bool = True,
    age_seconds: float = 0.0,
) -> BalanceReading:
    at = clock.now() - timedelta(seconds=age_seconds)
    return BalanceReading(
        venue=KRAKEN,
        asset=Asset(asset),
        free=Decimal(free),
        locked=Decimal(locked),
        source=source,
        verified=verified,
        changed_at=at,
        confirmed_at=at,
        confirmed_monotonic=clock.monotonic() - age_seconds,
    )


def verified_status(*, age_seconds: float = 0.0) -> BalanceStatus:
    return BalanceStatus(
        venue=KRAKEN,
        verified=True,
        since=None,
        source=BalanceSource.EXCHANGE,
        fallback_in_use=False,
        age_seconds=age_seconds,
        problems=(),
    )


def venue_balances(
    *readings: BalanceReading,
    status: BalanceStatus | None = None,
    reserved: Mapping[Asset, Decimal] | None = None,
    held_elsewhere: Mapping[str, Decimal] | None = None,
) -> VenueBalances:
    return VenueBalances(
        status=status or verified_status(),
        readings={each.asset: each for each in readings},
        held_elsewhere=held_elsewhere or {},
        reserved=reserved or {},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    venue: VenueName
    balances: VenueBalances | None
    error: str | None
    duration_seconds: float


@dataclass(slots=True, kw_only=True)
class FakeBalances:
    """`failure`, where set, is what every call raises; `gate`, where set, holds them up."""

    clock: Clock
    calls: list[str] = field(default_factory=list)
    rows: tuple[tuple[str, str], ...] = (("BTC", "0.5123"), ("USD", "1250.75"))
    failure: Exception | None = None
    gate: asyncio.Event | None = None

    async def show(self, venue: VenueName | None) -> Sequence[VenueBalances]:
        await self._called(f"show {venue}")
        return (self._balances(),)

    async def refresh(self, venue: VenueName | None) -> Sequence[Refreshed]:
        await self._called(f"refresh {venue}")
        return (
            Refreshed(venue=KRAKEN, balances=self._balances(), error=None, duration_seconds=0.12),
        )

    async def accept(self, venue: VenueName, by: str) -> None:
        await self._called(f"accept {venue} by {by}")

    async def verify(
        self, venue: VenueName, asset: Asset, amount: Decimal, *, now: bool = False
    ) -> VerifyOutcome:
        await self._called(f"verify {venue} {asset} {amount}{' now' if now else ''}")
        return VerifyOutcome(
            venue=venue,
            asset=asset,
            amount=amount,
            required=amount * Decimal("1.02"),
            buffer_fraction=Decimal("0.02"),
            free=Decimal("0.5123"),
            reserved=Decimal("0.1"),
            spendable=Decimal("0.4123"),
            sufficient=amount * Decimal("1.02") <= Decimal("0.4123"),
            reading=reading("BTC", "0.5123", clock=self.clock),
            asked_seconds=0.21 if now else None,
        )

    def accesses(self, limit: int) -> Sequence[Any]:
        self.calls.append(f"accesses {limit}")
        return ()

    def _balances(self) -> VenueBalances:
        return venue_balances(
            *(reading(asset, free, clock=self.clock, age_seconds=12) for asset, free in self.rows)
        )

    async def _called(self, what: str) -> None:
        self.calls.append(what)
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure


@dataclass(slots=True, kw_only=True)
class FakeHalt:
    clock: Clock
    calls: list[str] = field(default_factory=list)
    mode: TradingMode = TradingMode.ACTIVE
    since: datetime | None = None
    standing: tuple[str, ...] = ()

    async def halt(self, by: str, reason: str) -> None:
        self.calls.append(f"halt by {by}: {reason}")
        self.mode = TradingMode.HALTED

    async def resume(self, by: str) -> TradingState:
        self.calls.append(f"resume by {by}")
        self.mode = TradingMode.ACTIVE
        return self.state()

    def state(self) -> TradingState:
        return TradingState(
            mode=self.mode, reason="said so", since=self.since or self.clock.now(), by="1001"
        )


class SlowRebalance:
    """Plans nothing, and takes as long as a test wants."""

    def __init__(self) -> None:
        self._released = asyncio.Event()
        self.is_asked = False

    def release(self) -> None:
        self._released.set()

    async def propose(self, venue: Any, by: str, correlation_id: str) -> Sequence[Any]:
        del venue, by, correlation_id
        self.is_asked = True
        await self._released.wait()
        return ()


class Absent:
    """Stands for services a test does not use; the first use says so."""

    def __getattr__(self, name: str) -> Any:
        message = f"this test has no service with {name}"
        raise CommandError(message)


@dataclass(slots=True, kw_only=True)
class FakeMachine:
    calls: list[str] = field(default_factory=list)

    async def status(self) -> Sequence[Any]:
        return ()

    async def health(self) -> Sequence[Any]:
        return ()

    def configuration(self) -> Mapping[str, str]:
        return {"bot.mode": "paper", "telegram.token": "(secret)"}

    def version(self) -> Mapping[str, str]:
        return {"version": "0.1.0", "revision": "abc"}

    def logs(self, lines: int) -> Sequence[str]:
        return tuple(f"line {number} <&>" for number in range(lines))


@dataclass(slots=True, kw_only=True)
class FakeServices:
    """The parts a test looks at, and the whole as the edge takes it."""

    clock: Clock
    balances: FakeBalances
    halt: FakeHalt
    machine: FakeMachine

    def services(self, **others: Any) -> Services:
        absent = Absent()
        parts: dict[str, Any] = {
            "venues": (KRAKEN,),
            "balances": self.balances,
            "halt": self.halt,
            "machine": self.machine,
            "portfolio": absent,
            "prices": absent,
            "charts": absent,
            "breakers": absent,
            "jobs": absent,
            "orders": absent,
            "emergency": absent,
            "closing": absent,
            "repair": absent,
            "pnl": absent,
            "rebalance": absent,
            "risk": FakeRisk(clock=self.clock),
            "trade": absent,
            "signals": absent,
        }
        return Services(**(parts | others))


def fake_services(clock: Clock) -> FakeServices:
    return FakeServices(
        clock=clock,
        balances=FakeBalances(clock=clock),
        halt=FakeHalt(clock=clock),
        machine=FakeMachine(),
    )
