"""Accounts on paper: what a venue's own books would hold."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

_STATEMENTS = (
    """CREATE TABLE paper_accounts (
        venue TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        opened_at TEXT NOT NULL,
        CONSTRAINT pk_paper_accounts PRIMARY KEY (venue)
    ) STRICT""",
    """CREATE TABLE paper_balances (
        venue TEXT NOT NULL,
        asset TEXT NOT NULL,
        total TEXT NOT NULL,
        hold TEXT NOT NULL,
        CONSTRAINT pk_paper_balances PRIMARY KEY (venue, asset)
    ) STRICT""",
    """CREATE TABLE paper_orders (
        venue TEXT NOT NULL,
        number INTEGER NOT NULL,
        order_id TEXT NOT NULL,
        client_order_id TEXT,
        market TEXT NOT NULL,
        side TEXT NOT NULL,
        kind TEXT NOT NULL,
        time_in_force TEXT NOT NULL,
        quantity TEXT NOT NULL,
        limit_price TEXT,
        taker TEXT NOT NULL,
        maker TEXT NOT NULL,
        state TEXT NOT NULL,
        hold TEXT NOT NULL,
        filled TEXT NOT NULL,
        cost TEXT NOT NULL,
        fee TEXT NOT NULL,
        opened_at TEXT NOT NULL,
        closed_at TEXT,
        reason TEXT,
        CONSTRAINT pk_paper_orders PRIMARY KEY (venue, number)
    ) STRICT""",
    "CREATE UNIQUE INDEX uq_paper_orders_venue_order_id ON paper_orders (venue, order_id)",
    "CREATE INDEX ix_paper_orders_venue_client_order_id ON paper_orders (venue, client_order_id)",
    "CREATE INDEX ix_paper_orders_venue_closed_at ON paper_orders (venue, closed_at)",
    """CREATE TABLE paper_fills (
        venue TEXT NOT NULL,
        number INTEGER NOT NULL,
        order_id TEXT NOT NULL,
        client_order_id TEXT,
        market TEXT NOT NULL,
        side TEXT NOT NULL,
        price TEXT NOT NULL,
        quantity TEXT NOT NULL,
        cost TEXT NOT NULL,
        fee TEXT NOT NULL,
        fee_asset TEXT NOT NULL,
        is_maker INTEGER NOT NULL,
        at TEXT NOT NULL,
        CONSTRAINT pk_paper_fills PRIMARY KEY (venue, number)
    ) STRICT""",
    "CREATE INDEX ix_paper_fills_venue_at ON paper_fills (venue, at)",
    """CREATE TABLE paper_ledger (
        venue TEXT NOT NULL,
        number INTEGER NOT NULL,
        asset TEXT NOT NULL,
        kind TEXT NOT NULL,
        amount TEXT NOT NULL,
        fee TEXT NOT NULL,
        balance TEXT NOT NULL,
        at TEXT NOT NULL,
        CONSTRAINT pk_paper_ledger PRIMARY KEY (venue, number)
    ) STRICT""",
    "CREATE INDEX ix_paper_ledger_venue_at ON paper_ledger (venue, at)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
