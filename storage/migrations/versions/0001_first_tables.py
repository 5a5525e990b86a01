"""The first tables."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

_STATEMENTS = (
    """CREATE TABLE balances (
        venue TEXT NOT NULL,
        asset TEXT NOT NULL,
        free TEXT NOT NULL,
        locked TEXT NOT NULL,
        source TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        confirmed_at TEXT NOT NULL,
        CONSTRAINT pk_balances PRIMARY KEY (venue, asset)
    ) STRICT""",
    """CREATE TABLE breakers (
        venue TEXT NOT NULL,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        failures INTEGER NOT NULL,
        open_until TEXT,
        reason TEXT,
        updated_at TEXT NOT NULL,
        CONSTRAINT pk_breakers PRIMARY KEY (venue, kind)
    ) STRICT""",
    """CREATE TABLE confirmations (
        token_hash TEXT NOT NULL,
        action TEXT NOT NULL,
        payload TEXT NOT NULL,
        payload_hash TEXT NOT NULL,
        user_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        message_id INTEGER,
        created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        used_at TEXT,
        CONSTRAINT pk_confirmations PRIMARY KEY (token_hash)
    ) STRICT""",
    """CREATE TABLE inbox (
        arrival INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        update_id INTEGER NOT NULL,
        raw TEXT NOT NULL,
        received_at TEXT NOT NULL,
        chat_id INTEGER,
        user_id INTEGER,
        lane TEXT,
        status TEXT NOT NULL,
        claimed_at TEXT,
        finished_at TEXT,
        outcome TEXT,
        correlation_id TEXT,
        CONSTRAINT uq_inbox_update_id UNIQUE (update_id)
    ) STRICT""",
    "CREATE INDEX ix_inbox_status ON inbox (status)",
    """CREATE TABLE jobs (
        name TEXT NOT NULL,
        paused INTEGER NOT NULL,
        last_started_at TEXT,
        last_finished_at TEXT,
        last_outcome TEXT,
        last_error TEXT,
        failures INTEGER NOT NULL,
        CONSTRAINT pk_jobs PRIMARY KEY (name)
    ) STRICT""",
    """CREATE TABLE nav (
        sequence INTEGER NOT NULL,
        venue TEXT NOT NULL,
        base TEXT NOT NULL,
        nav TEXT NOT NULL,
        at TEXT NOT NULL,
        CONSTRAINT pk_nav PRIMARY KEY (sequence)
    ) STRICT""",
    "CREATE INDEX ix_nav_venue_at ON nav (venue, at)",
    """CREATE TABLE orders (
        sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        client_order_id TEXT NOT NULL,
        venue TEXT NOT NULL,
        base TEXT NOT NULL,
        quote TEXT NOT NULL,
        side TEXT NOT NULL,
        order_type TEXT NOT NULL,
        time_in_force TEXT NOT NULL,
        quantity TEXT NOT NULL,
        limit_price TEXT,
        reserve_asset TEXT NOT NULL,
        reserve_amount TEXT NOT NULL,
        origin TEXT NOT NULL,
        reason TEXT NOT NULL,
        run_id TEXT,
        correlation_id TEXT NOT NULL,
        status TEXT NOT NULL,
        venue_order_id TEXT,
        filled_quantity TEXT NOT NULL,
        cost TEXT NOT NULL,
        fee TEXT NOT NULL,
        created_at TEXT NOT NULL,
        submitted_at TEXT,
        deadline_at TEXT,
        updated_at TEXT NOT NULL,
        note TEXT,
        evidence TEXT NOT NULL,
        CONSTRAINT uq_orders_client_order_id UNIQUE (client_order_id)
    ) STRICT""",
    "CREATE INDEX ix_orders_run_id ON orders (run_id)",
    """CREATE INDEX ix_orders_working
    ON orders (sequence)
    WHERE status IN ('planned', 'submitting', 'open', 'partially_filled', 'unknown')""",
    "CREATE UNIQUE INDEX uq_orders_venue_venue_order_id ON orders (venue, venue_order_id)",
    """CREATE TABLE outbox (
        sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        payload TEXT NOT NULL,
        chat_id INTEGER,
        dedupe_key TEXT,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        status TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        next_attempt_at TEXT NOT NULL,
        sent_at TEXT,
        message_id INTEGER,
        maybe_delivered INTEGER NOT NULL,
        CONSTRAINT uq_outbox_dedupe_key UNIQUE (dedupe_key)
    ) STRICT""",
    "CREATE INDEX ix_outbox_status ON outbox (status)",
    """CREATE TABLE runs (
        run_id TEXT NOT NULL,
        venue TEXT NOT NULL,
        "trigger" TEXT NOT NULL,
        status TEXT NOT NULL,
        "plan" TEXT NOT NULL,
        plan_hash TEXT NOT NULL,
        base TEXT NOT NULL,
        correlation_id TEXT NOT NULL,
        created_at TEXT NOT NULL,
        started_at TEXT,
        finished_at TEXT,
        outcome TEXT,
        CONSTRAINT pk_runs PRIMARY KEY (run_id)
    ) STRICT""",
    "CREATE INDEX ix_runs_venue_created_at ON runs (venue, created_at)",
    """CREATE TABLE settings (
        "key" TEXT NOT NULL,
        value TEXT NOT NULL,
        CONSTRAINT pk_settings PRIMARY KEY ("key")
    ) STRICT""",
    """CREATE TABLE fills (
        venue TEXT NOT NULL,
        fill_id TEXT NOT NULL,
        venue_order_id TEXT NOT NULL,
        client_order_id TEXT,
        base TEXT NOT NULL,
        quote TEXT NOT NULL,
        side TEXT NOT NULL,
        quantity TEXT NOT NULL,
        price TEXT NOT NULL,
        cost TEXT NOT NULL,
        fee TEXT NOT NULL,
        fee_asset TEXT NOT NULL,
        executed_at TEXT NOT NULL,
        booked_at TEXT NOT NULL,
        CONSTRAINT pk_fills PRIMARY KEY (venue, fill_id),
        CONSTRAINT fk_fills_client_order_id_orders FOREIGN KEY(client_order_id)
            REFERENCES orders (client_order_id)
    ) STRICT""",
    "CREATE INDEX ix_fills_client_order_id ON fills (client_order_id)",
    "CREATE INDEX ix_fills_venue_executed_at ON fills (venue, executed_at)",
    "CREATE INDEX ix_fills_venue_venue_order_id ON fills (venue, venue_order_id)",
    """CREATE TABLE order_events (
        sequence INTEGER NOT NULL,
        client_order_id TEXT NOT NULL,
        at TEXT NOT NULL,
        previous TEXT,
        status TEXT NOT NULL,
        detail TEXT NOT NULL,
        CONSTRAINT pk_order_events PRIMARY KEY (sequence),
        CONSTRAINT fk_order_events_client_order_id_orders FOREIGN KEY(client_order_id)
            REFERENCES orders (client_order_id)
    ) STRICT""",
    "CREATE INDEX ix_order_events_client_order_id ON order_events (client_order_id)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
