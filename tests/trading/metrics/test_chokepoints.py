"""Where everything passes anyway, it is measured: venue calls, jobs, writes, events."""

import asyncio
from pathlib import Path

import pytest

from storage.breakers import BreakerRepository
from storage.database import Database
from storage.jobs import JobRepository
from storage.settings import SettingsRepository
from tests.support.clock import FakeClock
from tests.support.counted import Counted
from tests.support.memory_venue import MemoryVenue
from tests.support.stores import open_database
from tests.support.waiting import eventually
from tests.trading.workflow.job_parts import HOURLY, Work, running
from trading.errors import StorageUnavailable, VenueRejected, VenueUnavailable
from trading.events import BalancesQuestioned, EventBus
from trading.model.identifiers import Symbol
from trading.risk.breakers import Breakers
from trading.risk.circuit_breaker import BreakerPolicy
from trading.risk.guarded_venue import GuardedVenue
from trading.workflow.counting import Counting
from trading.workflow.jobs import JobSpec, JobTrouble, JobWorker
from trading.workflow.loop_lag import LoopLag


def calls(counted: Counted, endpoint: str, outcome: str) -> float | None:
    return counted.value("venue_calls_total", venue="memory", endpoint=endpoint, outcome=outcome)


async def test_every_call_behind_a_breaker_is_measured(tmp_path: Path) -> None:
    clock = FakeClock()
    counted, venue = Counted(clock), MemoryVenue(clock=clock)
    async with open_database(tmp_path, clock=clock) as database:
        breakers = Breakers(
            venues=[venue.name],
            store=BreakerRepository(database=database),
            clock=clock,
            bus=EventBus(),
            dice=lambda: 0.5,
            policy=BreakerPolicy(threshold=2, first_wait_seconds=5, longest_wait_seconds=60),
        )
        guarded = GuardedVenue(adapter=venue, breakers=breakers, meter=counted.meter)
        venue.list_instrument("BTC/USD", "99", "101")
        await guarded.fetch_prices([Symbol.parse("BTC/USD")])
        venue.fail("fetch_totals", VenueRejected("memory", "no"))
        with pytest.raises(VenueRejected):
            await guarded.fetch_totals()
        venue.fail("fetch_balances", *[VenueUnavailable("memory", "down")] * 2)
        for _ in range(3):
            with pytest.raises(VenueUnavailable):
                await guarded.fetch_balances()
        held = venue.hold("fetch_time")
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(guarded.fetch_time())
            await eventually(lambda: venue.count("fetch_time") == 1)
            waiting.cancel()
        held.set()
    assert calls(counted, "fetch_prices", "answered") == 1
    assert calls(counted, "fetch_totals", "failed") == 1
    assert calls(counted, "fetch_balances", "failed") == 2
    assert calls(counted, "fetch_balances", "not_asked") == 1
    assert calls(counted, "fetch_time", "abandoned") == 1
    kind = {"venue": "memory", "endpoint": "fetch_totals", "kind": "rejected"}
    assert counted.value("venue_call_errors_total", **kind) == 1


async def test_every_write_is_measured_and_the_queue_can_be_seen(tmp_path: Path) -> None:
    counted = Counted()
    path = tmp_path / "steelyard.db"
    async with Database.open(path, clock=counted.clock, watch=counted.meter) as database:
        before = counted.value("database_write_duration_seconds_count")
        facts = SettingsRepository(database=database)
        await facts.put("key", "value")
        async with open_database(tmp_path) as other:
            hold = asyncio.Event()

            async def keep(_: object) -> None:
                await hold.wait()

            async with asyncio.TaskGroup() as group:
                group.create_task(other.transact(keep))
                await eventually(lambda: other.queue_length == 1)
                with pytest.raises(StorageUnavailable):
                    await database.transact(_nothing, within_seconds=0.2)
                hold.set()
        assert database.queue_length == 0
        assert (await database.sizes())[0] == path.stat().st_size
    assert before is not None
    assert counted.value("database_write_duration_seconds_count") == before + 2
    assert counted.value("database_write_failures_total") == 1


async def _nothing(_: object) -> None: ...


async def test_a_job_is_measured_from_its_stroke_to_its_end(tmp_path: Path) -> None:
    clock = FakeClock()
    counted, work = Counted(clock), Work(None, ValueError("no"))

    async def hear(_: JobTrouble) -> None: ...

    async with open_database(tmp_path, clock=clock) as database:
        worker = JobWorker(
            spec=JobSpec(name="job", schedule=HOURLY, work=work),
            store=JobRepository(database=database),
            row=None,
            clock=clock,
            on_trouble=hear,
            meter=counted.meter,
        )
        work.hold()
        async with running(worker):
            worker.strike()
            await eventually(lambda: len(work.begun) == 1)
            worker.strike()
            await clock.advance(4.0)
            work.release()
            await eventually(lambda: len(work.begun) == 2)
            await eventually(worker.resting.is_set)
    assert counted.value("job_runs_total", job_name="job", outcome="done") == 1
    assert counted.value("job_runs_total", job_name="job", outcome="failed") == 1
    assert counted.value("job_duration_seconds_sum", job_name="job") == pytest.approx(4.0)
    assert counted.value("job_lateness_seconds_sum", job_name="job") == pytest.approx(4.0)
    assert counted.value("job_lateness_seconds_bucket", job_name="job", le="0.01") == 1


async def test_what_happens_in_trading_is_counted() -> None:
    counted, bus, venue = Counted(), EventBus(), MemoryVenue(clock=FakeClock())
    bus.subscribe(Counting(meter=counted.meter).hear)
    await bus.publish(BalancesQuestioned(venue=venue.name, problems=("gone",), acceptable=True))
    assert counted.value("balance_questions_total", venue="memory") == 1


class LateClock(FakeClock):
    """Wakes its sleepers late."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + 3.0)


async def test_a_loop_that_wakes_late_is_not_well() -> None:
    clock = LateClock()
    counted = Counted(clock)
    lag = LoopLag(meter=counted.meter, clock=clock)
    (well,) = await lag.probe()()
    async with asyncio.TaskGroup() as group:
        running_part = group.create_task(lag.run())
        await eventually(lambda: clock.sleepers == 1)
        await clock.advance(3.6)
        running_part.cancel()
    (unwell,) = await lag.probe()()
    assert (well.healthy, unwell.healthy) == (True, False)
    assert lag.worst_seconds == pytest.approx(3.0)
    assert counted.value("loop_lag_seconds_bucket", le="1.0") == 0
    assert counted.value("loop_lag_seconds_count") == 1
