"""Closing and repair as the chat sees them: in memory, and they remember their calls."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from tests.support.telegram_services import KRAKEN
from trading.intents.closing import AssetClosing, ClosingPreview, VenueClosing
from trading.intents.closing_parts import ClosingRequest
from trading.intents.repair import OnStep, RepairLine, StepOutcome, VenueRepair
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, CorrelationId, VenueName

USD, BTC, ADA = Asset("USD"), Asset("BTC"), Asset("ADA")
AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
DUST = Denied(code=DenialCode.BELOW_MINIMUM_QUANTITY, reason="below the minimum")


def closed(
    *assets: AssetClosing,
    cancelled: int | None = 2,
    problems: tuple[str, ...] = (),
    refused: Denied | None = None,
    held_elsewhere: Mapping[str, Decimal] | None = None,
) -> VenueClosing:
    return VenueClosing(
        venue=KRAKEN,
        base=USD,
        cancelled=cancelled,
        assets=assets,
        held_elsewhere=held_elsewhere or {},
        brought=sum((each.brought for each in assets), Decimal(0)),
        fees=Decimal("10.4"),
        problems=problems,
        refused=refused,
        finished_at=AT,
        duration_seconds=1.25,
    )


SOLD = AssetClosing(
    asset=BTC, held=Decimal("0.4"), sold=Decimal("0.4"), brought=Decimal(20000), left=Decimal(0)
)
LEFT = AssetClosing(
    asset=ADA, held=Decimal("0.1"), left=Decimal("0.1"), reason="below the minimum"
)


UNKNOWN = ClosingPreview(
    venue=KRAKEN,
    base=USD,
    plan=None,
    left_out={ADA: DUST},
    held_elsewhere={"ETH.S": Decimal(3)},
    unknown="kraken: no answer",
)


@dataclass(slots=True)
class FakeClosing:
    requests: list[ClosingRequest] = field(default_factory=list)
    proposed: list[VenueName | None] = field(default_factory=list)
    preview: ClosingPreview = field(default_factory=lambda: UNKNOWN)

    async def propose(self, venue: VenueName | None) -> Sequence[ClosingPreview]:
        self.proposed.append(venue)
        return (self.preview,)

    async def execute(self, request: ClosingRequest) -> Sequence[VenueClosing]:
        self.requests.append(request)
        return (closed(SOLD, LEFT),)


@dataclass(slots=True)
class FakeRepair:
    calls: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None

    async def repair(
        self,
        venue: VenueName | None,
        by: str,
        correlation_id: CorrelationId,
        on_step: OnStep | None = None,
    ) -> Sequence[VenueRepair]:
        del correlation_id
        self.calls.append(f"repair {venue} by {by}")
        line = _line("breakers", StepOutcome.DONE, "all were closed")
        if on_step is not None:
            await on_step(line)
        if self.hold is not None:
            await self.hold.wait()
        last = _line("orders", StepOutcome.FAILED, "kraken: no answer")
        return (VenueRepair(venue=KRAKEN, lines=(line, last), duration_seconds=0.5),)

    async def verify(self, venue: VenueName | None) -> Sequence[RepairLine]:
        self.calls.append(f"verify {venue}")
        return (_line("verify", StepOutcome.DONE, "balances verified"),)


def _line(step: str, outcome: StepOutcome, detail: str) -> RepairLine:
    return RepairLine(
        venue=KRAKEN, step=step, outcome=outcome, detail=detail, duration_seconds=0.012
    )
