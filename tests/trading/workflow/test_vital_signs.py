"""What is read off the parts when somebody asks, and what is missing says so."""

from collections.abc import Iterable
from pathlib import Path

from storage.breakers import BreakerRepository
from storage.outbox import OutboxRepository
from storage.records import NewNotice
from tests.support.balance_parts import BalanceParts, balance_parts
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from trading.errors import StorageUnavailable
from trading.events import EventBus
from trading.metrics import catalogue
from trading.metrics.families import Sample
from trading.model.order import Order
from trading.risk.breakers import Breakers, CallKind
from trading.venues.streaming import StreamStatus
from trading.venues.traffic import Traffic
from trading.workflow.vital_signs import Stored, Venues, VitalSigns

Values = dict[tuple[str, tuple[str, ...]], float]


def values(samples: Iterable[Sample]) -> Values:
    return {(each.family.name, each.labels): each.value for each in samples}


async def test_a_source_that_fails_is_missing_and_spoils_no_other() -> None:
    async def well() -> Iterable[Sample]:
        return (catalogue.OUTBOX_WAITING.sample(2.0),)

    async def locked() -> Iterable[Sample]:
        raise StorageUnavailable("locked")

    found = values(await VitalSigns({"well": well, "locked": locked}).read())
    assert found == {
        ("steelyard_metrics_source_up", ("well",)): 1.0,
        ("steelyard_metrics_source_up", ("locked",)): 0.0,
        ("steelyard_outbox_waiting", ()): 2.0,
    }


def watched(parts: BalanceParts) -> Venues:
    breakers = Breakers(
        venues=[parts.name],
        store=BreakerRepository(database=parts.database),
        clock=parts.clock,
        bus=EventBus(),
        dice=lambda: 0.5,
    )
    return Venues(
        adapters={parts.name: parts.venue},
        balances=parts.manager,
        breakers=breakers,
        is_wanted=lambda _, stream: stream == "private",
    )


def stream(name: str, *, is_live: bool, silent_seconds: float | None) -> StreamStatus:
    return StreamStatus(
        name=name,
        is_live=is_live,
        since=None,
        reconnects=2,
        detail="",
        silent_seconds=silent_seconds,
    )


async def test_what_is_not_known_is_absent_and_never_zero(tmp_path: Path) -> None:
    clock = FakeClock()
    async with balance_parts(tmp_path, clock=clock, venue=MemoryVenue(clock=clock)) as parts:
        venues = watched(parts)
        parts.venue.streams = (
            stream("private", is_live=True, silent_seconds=1.5),
            stream("public", is_live=False, silent_seconds=None),
        )
        parts.venue.busy = Traffic(left={"weight": 0.25}, retries=4)
        signs = VitalSigns(venues.sources())
        before = values(await signs.read())
        parts.venue.deposit("USD", "100")
        await parts.manager.sync(parts.name)
        await parts.clock.advance(7.0)
        after = values(await signs.read())
    name = str(parts.name)
    assert ("steelyard_balance_age_seconds", (name,)) not in before
    assert before["steelyard_balance_verified", (name,)] == 0.0
    assert ("steelyard_stream_last_frame_age_seconds", (name, "public")) not in after
    known: dict[tuple[str, tuple[str, ...]], float] = {
        ("steelyard_balance_age_seconds", (name,)): 7.0,
        ("steelyard_balance_verified", (name,)): 1.0,
        ("steelyard_stream_live", (name, "private")): 1.0,
        ("steelyard_stream_live", (name, "public")): 0.0,
        ("steelyard_stream_wanted", (name, "public")): 0.0,
        ("steelyard_stream_reconnects_total", (name, "public")): 2.0,
        ("steelyard_stream_last_frame_age_seconds", (name, "private")): 1.5,
        ("steelyard_venue_budget_left_ratio", (name, "weight")): 0.25,
        ("steelyard_venue_retries_total", (name,)): 4.0,
    }
    assert {key: after[key] for key in known} == known
    for kind in CallKind:
        assert after["steelyard_breaker_state", (name, kind, "closed")] == 1.0
        assert after["steelyard_breaker_state", (name, kind, "open")] == 0.0


async def test_the_database_is_read_as_it_is(tmp_path: Path) -> None:
    async def working() -> tuple[Order, ...]:
        return ()

    clock = FakeClock()
    async with balance_parts(tmp_path, clock=clock, venue=MemoryVenue(clock=clock)) as parts:
        outbox = OutboxRepository(database=parts.database, clock=clock)
        stored = Stored(
            database=parts.database,
            outbox=outbox,
            working=working,
            venues=(parts.name,),
            clock=parts.clock,
        )
        signs = VitalSigns(stored.sources())
        before = values(await signs.read())
        await outbox.add((NewNotice(kind="k", payload="{}", chat_id=None, dedupe_key=None),))
        await parts.clock.advance(30.0)
        after = values(await signs.read())
    assert before["steelyard_outbox_oldest_age_seconds", ()] == 0.0
    assert after["steelyard_outbox_oldest_age_seconds", ()] == 30.0
    assert (before["steelyard_outbox_waiting", ()], after["steelyard_outbox_waiting", ()]) == (
        0,
        1,
    )
    assert after["steelyard_orders", (str(parts.name), "unknown")] == 0.0
    assert ("steelyard_orders", (str(parts.name), "filled")) not in after
    assert after["steelyard_database_size_bytes", ("database",)] > 0
    assert after["steelyard_database_queue_length", ()] == 0.0
