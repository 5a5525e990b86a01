"""Builds who counts: instruments where there is a door to show them at, nobody else."""

from __future__ import annotations

from composition.jobs import job_schedules
from trading.clock import Clock
from trading.config.configuration import Configuration
from trading.metrics.meter import Meter, NullMeter


def build_meter(configuration: Configuration, clock: Clock) -> Meter:
    """Return the meter; what it needs is imported only where it is wanted."""
    if configuration.http is None:
        return NullMeter()
    from prometheus_client import (
        CollectorRegistry,
        GCCollector,
        PlatformCollector,
        ProcessCollector,
    )

    from handlers.telegram.commands.table import GRAMMAR
    from trading.metrics.instruments import Bounds, Instruments

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    bounds = Bounds(
        venues=frozenset(configuration.venues),
        commands=frozenset({*GRAMMAR.commands, *(each.name for each in GRAMMAR.actions.values())})
        | frozenset(each.name for each in GRAMMAR.menu.values()),
        jobs=frozenset(job_schedules(configuration)),
    )
    return Instruments(registry=registry, bounds=bounds, clock=clock)
