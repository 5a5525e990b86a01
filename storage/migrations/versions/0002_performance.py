"""How venues have done, with the ledger rows and limits that belong to it."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

_STATEMENTS = (
    "ALTER TABLE nav ADD COLUMN growth TEXT",
    """CREATE TABLE ledger (
        sequence INTEGER NOT NULL,
        venue TEXT NOT NULL,
        ledger_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        asset TEXT NOT NULL,
        amount TEXT NOT NULL,
        fee TEXT NOT NULL,
        balance TEXT NOT NULL,
        at TEXT NOT NULL,
        settled_at TEXT,
        value TEXT,
        CONSTRAINT pk_ledger PRIMARY KEY (sequence)
    ) STRICT""",
    "CREATE INDEX ix_ledger_venue_at ON ledger (venue, at)",
    "CREATE UNIQUE INDEX uq_ledger_venue_ledger_id ON ledger (venue, ledger_id)",
    """CREATE TABLE limit_states (
        venue TEXT NOT NULL,
        limit_key TEXT NOT NULL,
        is_warned INTEGER NOT NULL,
        tripped_at TEXT,
        acknowledged TEXT,
        CONSTRAINT pk_limit_states PRIMARY KEY (venue, limit_key)
    ) STRICT""",
    """CREATE TABLE performance (
        venue TEXT NOT NULL,
        base TEXT NOT NULL,
        holdings TEXT NOT NULL,
        source TEXT NOT NULL,
        balances_at TEXT NOT NULL,
        prices_at TEXT NOT NULL,
        at TEXT NOT NULL,
        growth TEXT NOT NULL,
        peak TEXT NOT NULL,
        peak_at TEXT NOT NULL,
        day TEXT NOT NULL,
        day_growth TEXT NOT NULL,
        day_nav TEXT NOT NULL,
        day_at TEXT NOT NULL,
        began_at TEXT NOT NULL,
        CONSTRAINT pk_performance PRIMARY KEY (venue)
    ) STRICT""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
