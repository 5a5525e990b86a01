"""A key that somebody else goes on using stops trading; a single refusal does not."""

from datetime import UTC, datetime

from composition.rivals import halt_on_rivals
from trading.events import EventBus, OwnerNotice
from trading.venues.nonce_recovery import RIVAL

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Gate:
    def __init__(self) -> None:
        self.halts: list[tuple[str, str]] = []

    async def halt(self, reason: str, by: str) -> None:
        self.halts.append((reason, by))


async def test_a_rival_halts_and_a_relic_does_not() -> None:
    gate, bus = Gate(), EventBus()
    bus.subscribe(halt_on_rivals(gate))
    await bus.publish(OwnerNotice(kind="nonce", text="once", at=AT, key="nonce:kraken"))
    assert gate.halts == []
    await bus.publish(OwnerNotice(kind="nonce", text="a rival", at=AT, key=f"{RIVAL}:kraken:1"))
    assert gate.halts == [("a rival", "bot")]
