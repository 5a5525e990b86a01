"""The table of the symbol workflow: a row for each symbol of a run."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from storage.column_types import Amount, Moment
from storage.tables import metadata

workflow_runs = Table(
    "workflow_runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("venue", Text, primary_key=True),
    Column("symbol", Text, primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("quantity", Amount),
    Column("strategy", Text),
    Column("strength", Amount),
    Column("signal", Text),
    Column("decision", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("data_ms", Amount),
    Column("signal_ms", Amount),
    Column("risk_ms", Amount),
    Column("decision_ms", Amount),
    Column("order_ms", Amount),
    Column("outcome", Text),
    Index("ix_workflow_runs_started_at", "started_at"),
    sqlite_strict=True,
)
