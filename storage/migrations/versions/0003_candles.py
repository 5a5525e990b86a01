"""Closed candles, and the gaps between them that nobody can fill."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

_STATEMENTS = (
    """CREATE TABLE candles (
        venue TEXT NOT NULL,
        symbol TEXT NOT NULL,
        interval TEXT NOT NULL,
        opened_at TEXT NOT NULL,
        open TEXT NOT NULL,
        high TEXT NOT NULL,
        low TEXT NOT NULL,
        close TEXT NOT NULL,
        volume TEXT NOT NULL,
        CONSTRAINT pk_candles PRIMARY KEY (venue, symbol, interval, opened_at)
    ) WITHOUT ROWID, STRICT""",
    """CREATE TABLE candle_gaps (
        venue TEXT NOT NULL,
        symbol TEXT NOT NULL,
        interval TEXT NOT NULL,
        start_at TEXT NOT NULL,
        end_at TEXT NOT NULL,
        reason TEXT NOT NULL,
        CONSTRAINT pk_candle_gaps PRIMARY KEY (venue, symbol, interval, start_at)
    ) WITHOUT ROWID, STRICT""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
