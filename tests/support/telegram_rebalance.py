"""A rebalance as the chat sees it: a real proposal, and a record of what was confirmed."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from tests.support.telegram_services import KRAKEN
from trading.clock import Clock
from trading.intents.rebalance_model import (
    OnProgress,
    Proposal,
    RunResult,
    RunStatus,
)
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, CorrelationId, RunId, Symbol, VenueName
from trading.model.instrument import Side
from trading.portfolio.plan import Plan, PlannedOrder, PlanRow, Skipped

BTC, USD = Asset("BTC"), Asset("USD")


def row(asset: Asset, before: str, after: str, target: str) -> PlanRow:
    return PlanRow(
        asset=asset,
        total=Decimal(1),
        price=Decimal(1),
        target=Decimal(target),
        band=Decimal("0.02"),
        value_before=Decimal(before) * 10_000,
        weight_before=Decimal(before),
        value_after=Decimal(after) * 10_000,
        weight_after=Decimal(after),
    )


def plan(clock: Clock, *, quantity: str = "0.025") -> Plan:
    sell = PlannedOrder(
        asset=BTC,
        symbol=Symbol(BTC, USD),
        side=Side.SELL,
        quantity=Decimal(quantity),
        limit_price=Decimal("39800.5"),
        reference_price=Decimal(40_000),
        reserve_asset=BTC,
        reserve_amount=Decimal(quantity),
        value=Decimal(quantity) * 40_000,
    )
    doge = Denied(code=DenialCode.BELOW_MINIMUM_QUANTITY, reason="DOGE: below the minimum")
    return Plan(
        venue=KRAKEN,
        base=USD,
        planned_at=clock.now(),
        value=Decimal(10_000),
        rows=(row(BTC, "0.6", "0.5", "0.5"), row(USD, "0.4", "0.4974", "0.5")),
        sells=(sell,),
        buys=(),
        skipped=(Skipped(asset=Asset("DOGE"), denial=doge),),
        readings=(),
        estimated_cost=Decimal("2.6"),
        limited_by=None,
    )


def proposal(clock: Clock, *, quantity: str = "0.025", life_seconds: float = 60.0) -> Proposal:
    return Proposal(
        plan=plan(clock, quantity=quantity),
        balances_source="exchange",
        balances_age_seconds=0.4,
        expires_at=clock.now() + timedelta(seconds=life_seconds),
    )


def dot() -> bytes:
    """The smallest picture: one grey PNG pixel, by hand."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        whole = kind + body
        return struct.pack(">I", len(body)) + whole + struct.pack(">I", zlib.crc32(whole))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00\x80")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


@dataclass(slots=True, kw_only=True)
class FakeRebalance:
    """`answer`, where set, is what executing comes to; else it is done."""

    clock: Clock
    life_seconds: float = 60.0
    answer: RunResult | Denied | Proposal | None = None
    executed: list[str] = field(default_factory=list)
    shown: list[Proposal] = field(default_factory=list)

    async def propose(
        self, venue: VenueName | None, by: str, correlation_id: CorrelationId
    ) -> Sequence[Proposal | Denied]:
        del venue, by, correlation_id
        self.shown.append(proposal(self.clock, life_seconds=self.life_seconds))
        return (self.shown[-1],)

    async def picture(self, proposal: Proposal) -> bytes:
        del proposal
        return dot()

    async def execute(
        self,
        venue: VenueName,
        plan_hash: str,
        by: str,
        correlation_id: CorrelationId,
        on_progress: OnProgress,
    ) -> RunResult | Denied | Proposal:
        del venue, on_progress
        self.executed.append(f"{plan_hash} by {by}")
        return self.answer if self.answer is not None else done(correlation_id)


def done(correlation_id: CorrelationId) -> RunResult:
    return RunResult(
        run_id=RunId("run-1"),
        venue=KRAKEN,
        base=USD,
        status=RunStatus.DONE,
        orders=(),
        sold=Decimal(1000),
        bought=Decimal(0),
        fees=Decimal("2.6"),
        slippage=Decimal("0.5"),
        rows_after=(row(BTC, "0.5", "0.5", "0.5"),),
        problems=(),
        duration_seconds=1.5,
        correlation_id=correlation_id,
    )
