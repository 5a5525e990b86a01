"""The jobs of this configuration and their workers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from composition.core import Core
from composition.market import build_candle_work
from composition.streams import price_wishes
from handlers.process.correlation import correlated
from storage.confirmations import ConfirmationRepository
from storage.inbox import InboxRepository
from storage.workflow import WorkflowRepository
from trading.config.configuration import Configuration
from trading.config.schedule import Every, Schedule
from trading.intents.portfolio import PortfolioIntents
from trading.model.identifiers import CorrelationId, VenueName
from trading.workflow.chores import ChoreParts, Chores
from trading.workflow.herald import Herald
from trading.workflow.jobs import JobBoard, JobSpec, JobWorker, Work
from trading.workflow.schedule import Timetable
from trading.workflow.venue_chores import VenueChoreParts, VenueChores

_RETENTION = timedelta(days=30)
_RUN_SECONDS = 900.0
"""A rebalance waits for its orders; this bounds a run that has lost its way."""


def job_schedules(configuration: Configuration) -> dict[str, Schedule | None]:
    """Return when each job runs, by name; None is a job that only runs when asked.

    Every venue has its rebalancing job from the start, so that its first targets may come by a
    reload; without targets it is never rung.
    """
    jobs = configuration.jobs
    venues = tuple(VenueName(name) for name in configuration.venues)
    of_venues: dict[str, Schedule | None] = {
        venue_job(name, venue, venues): Every(interval=interval)
        for name, interval in (
            ("balance_sync", jobs.balance_sync),
            ("trading_loop", jobs.trading_loop),
            ("price_scan", jobs.price_scan),
        )
        for venue in venues
    }
    runs = {
        rebalance_job(venue): (
            configuration.rebalance_rules(venue).schedule
            if venue in configuration.allocation
            else None
        )
        for venue in venues
    }
    fixed = {
        "candles": Every(interval=jobs.candles),
        "heartbeat": Every(interval=jobs.heartbeat),
        "cleanup": Every(interval=jobs.cleanup),
    }
    return of_venues | fixed | runs


def venue_job(name: str, venue: VenueName, venues: Collection[VenueName]) -> str:
    """Return the name of a venue's job: its venue is named where there is more than one."""
    return name if len(venues) == 1 else f"{name}_{venue}"


def rebalance_job(venue: VenueName) -> str:
    """Return the name of the job that rebalances a venue."""
    return f"rebalance_{venue}"


async def build_board(
    core: Core, portfolio: PortfolioIntents, herald: Herald, timetable: Timetable
) -> JobBoard:
    """Build every worker with what is known of its job from earlier runs."""
    known = {row.name: row for row in await core.stores.jobs.load()}
    return JobBoard(
        workers=[
            JobWorker(
                spec=replace(spec, work=_traced(spec.work)),
                store=core.stores.jobs,
                row=known.get(spec.name),
                clock=core.ground.clock,
                on_trouble=herald.job_trouble,
                meter=core.ground.meter,
            )
            for spec in _specs(core, portfolio)
        ],
        timetable=timetable,
    )


def _traced(work: Work) -> Work:
    """Give every log line of a run its correlation id."""

    async def traced(correlation_id: CorrelationId) -> str:
        with correlated(correlation_id):
            return await work(correlation_id)

    return traced


def _specs(core: Core, portfolio: PortfolioIntents) -> Sequence[JobSpec]:
    schedules = job_schedules(core.ground.configuration)
    chores = Chores(_chore_parts(core))
    fixed = {
        "candles": build_candle_work(
            core.market, wishes=price_wishes(core), clock=core.ground.clock
        ),
        "heartbeat": chores.heartbeat,
        "cleanup": chores.cleanup,
    }
    plain = [
        JobSpec(name=name, schedule=schedules[name], work=work, catches_up=name == "cleanup")
        for name, work in fixed.items()
    ]
    parts = _venue_chore_parts(core, portfolio)
    of_venues = [
        spec
        for venue in core.venues
        for spec in _venue_specs(core, VenueChores(venue, parts), venue, schedules)
    ]
    return sorted((*of_venues, *plain), key=lambda spec: list(schedules).index(spec.name))


def _venue_specs(
    core: Core, chores: VenueChores, venue: VenueName, schedules: Mapping[str, Schedule | None]
) -> Sequence[JobSpec]:
    works: Mapping[str, Work] = {
        "balance_sync": chores.balance_sync,
        "trading_loop": chores.trading_loop,
        "price_scan": chores.price_scan,
    }
    names = {name: venue_job(name, venue, core.venues) for name in works}
    rounds = [
        JobSpec(
            name=names[name],
            schedule=schedules[names[name]],
            work=work,
            at_start=name == "balance_sync",
        )
        for name, work in works.items()
    ]
    run = JobSpec(
        name=rebalance_job(venue),
        schedule=schedules[rebalance_job(venue)],
        work=chores.rebalance,
        timeout_seconds=_RUN_SECONDS,
    )
    return [*rounds, run]


def _venue_chore_parts(core: Core, portfolio: PortfolioIntents) -> VenueChoreParts:
    return VenueChoreParts(
        balances=core.balances,
        feed=core.feed,
        portfolio=portfolio,
        rebalance=core.rebalance,
        gate=core.gate,
        risk=core.risk.watch,
        nav=core.stores.nav,
    )


def _chore_parts(core: Core) -> ChoreParts:
    database = core.stores.database
    return ChoreParts(
        balances=core.balances,
        gate=core.gate,
        database=database,
        backups=core.ground.state.backups,
        prune=(
            InboxRepository(database=database).prune,
            core.stores.outbox.prune,
            ConfirmationRepository(database=database).prune,
            core.stores.nav.thin,
            core.risk.ledger.prune,
            WorkflowRepository(database=database).prune,
        ),
        retention=_RETENTION,
        clock=core.ground.clock,
    )
