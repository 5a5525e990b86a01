"""The tables of the market's past: closed candles, and the gaps that nobody can fill."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from storage.column_types import Amount, Moment
from storage.tables import metadata

candles = Table(
    "candles",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("symbol", Text, primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("opened_at", Moment, primary_key=True),
    Column("open", Amount, nullable=False),
    Column("high", Amount, nullable=False),
    Column("low", Amount, nullable=False),
    Column("close", Amount, nullable=False),
    Column("volume", Amount, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

candle_gaps = Table(
    "candle_gaps",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("symbol", Text, primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("start_at", Moment, primary_key=True),
    Column("end_at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
