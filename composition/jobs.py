"""The jobs of this configuration and their workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from composition.core import Core
from composition.market import build_candle_work
from composition.streams import price_wishes
from handlers.process.correlation import correlated
from storage.confirmations import ConfirmationRepository
from storage.inbox import InboxRepository
from trading.config.configuration import Configuration
from trading.config.schedule import Every, Schedule
from trading.intents.portfolio import PortfolioIntents
from trading.model.identifiers import CorrelationId, VenueName
from trading.workflow.chores import ChoreParts, Chores
from trading.workflow.herald import Herald
from trading.workflow.jobs import JobBoard, JobSpec, JobWorker, Work
from trading.workflow.schedule import Timetable

_RETENTION = timedelta(days=30)
_RUN_SECONDS = 900.0
"""A rebalance waits for its orders; this bounds a run that has lost its way."""


def job_schedules(configuration: Configuration) -> dict[str, Schedule | None]:
    """Return when each job runs, by name; None is a job that only runs when asked.

    Every venue has its rebalancing job from the start, so that its first targets may come by a
    reload; without targets it is never rung.
    """
    jobs = configuration.jobs
    fixed: dict[str, Schedule | None] = {
        "balance_sync": Every(interval=jobs.balance_sync),
        "trading_loop": Every(interval=jobs.trading_loop),
        "price_scan": Every(interval=jobs.price_scan),
        "candles": Every(interval=jobs.candles),
        "heartbeat": Every(interval=jobs.heartbeat),
        "cleanup": Every(interval=jobs.cleanup),
    }
    return fixed | {
        rebalance_job(VenueName(name)): (
            configuration.rebalance_rules(name).schedule
            if name in configuration.allocation
            else None
        )
        for name in configuration.venues
    }


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
    chores = Chores(_chore_parts(core, portfolio))
    schedules = job_schedules(core.ground.configuration)
    works = {
        "balance_sync": chores.balance_sync,
        "trading_loop": chores.trading_loop,
        "price_scan": chores.price_scan,
        "candles": build_candle_work(
            core.market, wishes=price_wishes(core), clock=core.ground.clock
        ),
        "heartbeat": chores.heartbeat,
        "cleanup": chores.cleanup,
    }
    plain = [
        JobSpec(
            name=name,
            schedule=schedules[name],
            work=work,
            at_start=name == "balance_sync",
            catches_up=name == "cleanup",
        )
        for name, work in works.items()
    ]
    runs = [
        JobSpec(
            name=rebalance_job(venue),
            schedule=schedules[rebalance_job(venue)],
            work=chores.rebalance(venue),
            timeout_seconds=_RUN_SECONDS,
        )
        for venue in core.venues
    ]
    return [*plain, *runs]


def _chore_parts(core: Core, portfolio: PortfolioIntents) -> ChoreParts:
    database = core.stores.database
    return ChoreParts(
        balances=core.balances,
        feed=core.feed,
        portfolio=portfolio,
        rebalance=core.rebalance,
        gate=core.gate,
        risk=core.risk.watch,
        nav=core.stores.nav,
        database=database,
        backups=core.ground.state.backups,
        prune=(
            InboxRepository(database=database).prune,
            core.stores.outbox.prune,
            ConfirmationRepository(database=database).prune,
            core.stores.nav.thin,
            core.risk.ledger.prune,
        ),
        retention=_RETENTION,
        clock=core.ground.clock,
    )
