"""The repositories that more than one part uses."""

from __future__ import annotations

from dataclasses import dataclass

from storage.database import Database
from storage.fills import FillRepository
from storage.jobs import JobRepository
from storage.nav import NavRepository
from storage.outbox import OutboxRepository
from storage.settings import SettingsRepository
from trading.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Each on the one database."""

    database: Database
    settings: SettingsRepository
    outbox: OutboxRepository
    jobs: JobRepository
    nav: NavRepository
    fills: FillRepository


def build_stores(database: Database, clock: Clock) -> Stores:
    """Build them; asks nothing of the database."""
    return Stores(
        database=database,
        settings=SettingsRepository(database=database),
        outbox=OutboxRepository(database=database, clock=clock),
        jobs=JobRepository(database=database),
        nav=NavRepository(database=database),
        fills=FillRepository(database=database),
    )
