"""What was done for each symbol: signal, decision, and how long every stage took."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

_STATEMENTS = (
    """CREATE TABLE workflow_runs (
        run_id TEXT NOT NULL,
        venue TEXT NOT NULL,
        symbol TEXT NOT NULL,
        started_at TEXT NOT NULL,
        correlation_id TEXT NOT NULL,
        asked_by TEXT NOT NULL,
        quantity TEXT,
        strategy TEXT,
        strength TEXT,
        signal TEXT,
        decision TEXT NOT NULL,
        reason TEXT NOT NULL,
        data_ms TEXT,
        signal_ms TEXT,
        risk_ms TEXT,
        decision_ms TEXT,
        order_ms TEXT,
        outcome TEXT,
        CONSTRAINT pk_workflow_runs PRIMARY KEY (run_id, venue, symbol)
    ) STRICT""",
    "CREATE INDEX ix_workflow_runs_started_at ON workflow_runs (started_at)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
