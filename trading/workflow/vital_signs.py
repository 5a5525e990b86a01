"""How the bot is at this moment, in samples.

They are read off the parts' own state, which costs nothing while nobody asks. Each source is read
on its own and within a bound: one that fails is missing, and says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from storage.database import Database
from storage.outbox import OutboxRepository
from trading.balances.manager import BalanceManager
from trading.clock import Clock
from trading.errors import SteelyardError
from trading.metrics import catalogue
from trading.metrics.families import Family, Sample
from trading.model.identifiers import VenueName
from trading.model.order import Order
from trading.model.order_status import TERMINAL, OrderStatus
from trading.model.trading_state import TradingMode
from trading.risk.breakers import Breakers
from trading.risk.circuit_breaker import BreakerPhase
from trading.risk.trading_state import TradingGate
from trading.venues.port import VenueAdapter
from trading.workflow.jobs import JobBoard
from trading.workflow.supervisor import Supervisor

_log = logging.getLogger(__name__)

_SOURCE_SECONDS = 2.0

Source = Callable[[], Awaitable[Iterable[Sample]]]


class VitalSigns:
    """Reads every source at once."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        """Take them by name."""
        self._sources = dict(sources)

    async def read(self) -> Sequence[Sample]:
        """Return what could be read, and which sources could."""
        async with asyncio.TaskGroup() as group:
            tasks = {
                name: group.create_task(_read(name, source))
                for name, source in self._sources.items()
            }
        found: list[Sample] = []
        for name, task in tasks.items():
            samples = task.result()
            found.append(catalogue.SOURCE_UP.sample(float(samples is not None), name))
            found.extend(samples or ())
        return found


async def _read(name: str, source: Source) -> tuple[Sample, ...] | None:
    try:
        async with asyncio.timeout(_SOURCE_SECONDS):
            return tuple(await source())
    except (SteelyardError, OSError, TimeoutError) as error:
        _log.warning("metrics could not be read source=%s why=%r", name, error)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Venues:
    """What is read of every venue."""

    adapters: Mapping[VenueName, VenueAdapter]
    balances: BalanceManager
    breakers: Breakers
    is_wanted: Callable[[VenueName, str], bool]
    """Tells whether a stream has anything to be up for."""

    def sources(self) -> Mapping[str, Source]:
        """Return each part, by name."""
        return {
            "balances": _at_once(self._balances),
            "breakers": _at_once(self._breakers),
            "streams": _at_once(self._streams),
            "traffic": _at_once(self._traffic),
        }

    def _balances(self) -> Iterator[Sample]:
        for venue in self.balances.venues:
            status = self.balances.status(venue)
            yield catalogue.BALANCE_VERIFIED.sample(float(status.verified), venue)
            if status.age_seconds is not None:
                yield catalogue.BALANCE_AGE.sample(status.age_seconds, venue)

    def _breakers(self) -> Iterator[Sample]:
        for view in self.breakers.show():
            labels = (view.venue, view.kind)
            yield catalogue.BREAKER_FAILURES.sample(float(view.failures), *labels)
            for phase in BreakerPhase:
                is_now = float(view.state == phase)
                yield catalogue.BREAKER_STATE.sample(is_now, *labels, phase)

    def _streams(self) -> Iterator[Sample]:
        for venue, adapter in self.adapters.items():
            for stream in adapter.stream_status():
                labels = (venue, stream.name)
                wanted = self.is_wanted(venue, stream.name)
                yield catalogue.STREAM_LIVE.sample(float(stream.is_live), *labels)
                yield catalogue.STREAM_WANTED.sample(float(wanted), *labels)
                yield catalogue.STREAM_RECONNECTS.sample(float(stream.reconnects), *labels)
                if stream.silent_seconds is not None:
                    yield catalogue.STREAM_FRAME_AGE.sample(stream.silent_seconds, *labels)

    def _traffic(self) -> Iterator[Sample]:
        for venue, adapter in self.adapters.items():
            traffic = adapter.traffic()
            yield catalogue.VENUE_RETRIES.sample(float(traffic.retries), venue)
            for budget, left in traffic.left.items():
                yield catalogue.VENUE_BUDGET_LEFT.sample(left, venue, budget)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What is read of the bot itself."""

    gate: TradingGate
    board: JobBoard
    supervisor: Supervisor
    is_telegram_up: Callable[[], bool | None]
    """None without a chat."""
    build: Mapping[str, str]
    """What runs here, by the names of the labels."""

    def sources(self) -> Mapping[str, Source]:
        """Return each part, by name."""
        return {
            "trading": _at_once(self._trading),
            "jobs": self._jobs,
            "parts": _at_once(self._parts),
            "build": _at_once(self._build),
        }

    def _trading(self) -> Iterator[Sample]:
        mode = self.gate.state.mode
        yield catalogue.TRADING_ENABLED.sample(float(self.gate.trading_enabled))
        for each in TradingMode:
            yield catalogue.TRADING_STATE.sample(float(each is mode), each)

    async def _jobs(self) -> Iterable[Sample]:
        found: list[Sample] = []
        for job in await self.board.show():
            found.append(catalogue.JOB_FAILURES.sample(float(job.failures), job.name))
            found.append(catalogue.JOB_PAUSED.sample(float(job.paused), job.name))
            if job.last_finished_at is not None:
                at = job.last_finished_at.timestamp()
                found.append(catalogue.JOB_LAST_RUN.sample(at, job.name))
        return found

    def _parts(self) -> Iterator[Sample]:
        for state in self.supervisor.states.values():
            yield catalogue.PART_RUNNING.sample(float(state.is_running), state.name)
            yield catalogue.PART_RESTARTS.sample(float(state.restarts), state.name)
        is_up = self.is_telegram_up()
        if is_up is not None:
            yield catalogue.TELEGRAM_UP.sample(float(is_up))

    def _build(self) -> Iterator[Sample]:
        info: Family = catalogue.BUILD_INFO
        yield info.sample(1.0, *(self.build[label] for label in info.labels))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is read of the database."""

    database: Database
    outbox: OutboxRepository
    working: Callable[[], Awaitable[Sequence[Order]]]
    venues: Sequence[VenueName]
    clock: Clock

    def sources(self) -> Mapping[str, Source]:
        """Return each part, by name."""
        return {"orders": self._orders, "database": self._database, "outbox": self._outbox}

    async def _orders(self) -> Iterable[Sample]:
        counts = Counter((each.intent.venue, each.status) for each in await self.working())
        return [
            catalogue.ORDERS.sample(float(counts[venue, status]), venue, status)
            for venue in self.venues
            for status in OrderStatus
            if status not in TERMINAL
        ]

    async def _database(self) -> Iterable[Sample]:
        size, log = await self.database.sizes()
        return (
            catalogue.DATABASE_QUEUE.sample(float(self.database.queue_length)),
            catalogue.DATABASE_SIZE.sample(float(size), "database"),
            catalogue.DATABASE_SIZE.sample(float(log), "log"),
        )

    async def _outbox(self) -> Iterable[Sample]:
        oldest = await self.outbox.oldest_unsent()
        since = None if oldest is None else self.clock.now() - oldest.created_at
        return (
            catalogue.OUTBOX_WAITING.sample(float(await self.outbox.unsent_count())),
            catalogue.OUTBOX_AGE.sample(0.0 if since is None else since.total_seconds()),
        )


def _at_once(read: Callable[[], Iterator[Sample]]) -> Source:
    """Make a source of what is in memory."""

    async def source() -> Iterable[Sample]:
        return read()

    return source
