"""The tables of accounts on paper: what a venue's own books would hold.

They stand apart from the journal on purpose: the bot learns of its orders on paper as it learns
of any, and the two are compared.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from storage.column_types import Amount, Flag, Moment
from storage.tables import metadata

paper_accounts = Table(
    "paper_accounts",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("opened_at", Moment, nullable=False),
    sqlite_strict=True,
)

paper_balances = Table(
    "paper_balances",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("asset", Text, primary_key=True),
    Column("total", Amount, nullable=False),
    Column("hold", Amount, nullable=False),
    sqlite_strict=True,
)

paper_orders = Table(
    "paper_orders",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("client_order_id", Text),
    Column("market", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("time_in_force", Text, nullable=False),
    Column("quantity", Amount, nullable=False),
    Column("limit_price", Amount),
    Column("taker", Amount, nullable=False),
    Column("maker", Amount, nullable=False),
    Column("state", Text, nullable=False),
    Column("hold", Amount, nullable=False),
    Column("filled", Amount, nullable=False),
    Column("cost", Amount, nullable=False),
    Column("fee", Amount, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("reason", Text),
    Index("uq_paper_orders_venue_order_id", "venue", "order_id", unique=True),
    Index(None, "venue", "client_order_id"),
    Index(None, "venue", "closed_at"),
    sqlite_strict=True,
)

paper_fills = Table(
    "paper_fills",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("client_order_id", Text),
    Column("market", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("price", Amount, nullable=False),
    Column("quantity", Amount, nullable=False),
    Column("cost", Amount, nullable=False),
    Column("fee", Amount, nullable=False),
    Column("fee_asset", Text, nullable=False),
    Column("is_maker", Flag, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "venue", "at"),
    sqlite_strict=True,
)

paper_ledger = Table(
    "paper_ledger",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("asset", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("amount", Amount, nullable=False),
    Column("fee", Amount, nullable=False),
    Column("balance", Amount, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "venue", "at"),
    sqlite_strict=True,
)
