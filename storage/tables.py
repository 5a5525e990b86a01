"""The tables; `storage/migrations` brings an existing database to this shape.

All are STRICT: SQLite then refuses a value of the wrong kind rather than keeping it.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text, text

from storage.column_types import Amount, Flag, Moment

is_working = text("status IN ('planned', 'submitting', 'open', 'partially_filled', 'unknown')")
"""Orders that can still spend something; the partial index has the very same words."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_strict=True,
)

balances = Table(
    "balances",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("asset", Text, primary_key=True),
    Column("free", Amount, nullable=False),
    Column("locked", Amount, nullable=False),
    Column("source", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("confirmed_at", Moment, nullable=False),
    sqlite_strict=True,
)

nav = Table(
    "nav",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("venue", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("nav", Amount, nullable=False),
    Column("at", Moment, nullable=False),
    Column("growth", Amount),
    Index(None, "venue", "at"),
    sqlite_strict=True,
)

ledger = Table(
    "ledger",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("venue", Text, nullable=False),
    Column("ledger_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("amount", Amount, nullable=False),
    Column("fee", Amount, nullable=False),
    Column("balance", Amount, nullable=False),
    Column("at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("value", Amount),
    Index("uq_ledger_venue_ledger_id", "venue", "ledger_id", unique=True),
    Index(None, "venue", "at"),
    sqlite_strict=True,
)

performance = Table(
    "performance",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("base", Text, nullable=False),
    Column("holdings", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("balances_at", Moment, nullable=False),
    Column("prices_at", Moment, nullable=False),
    Column("at", Moment, nullable=False),
    Column("growth", Amount, nullable=False),
    Column("peak", Amount, nullable=False),
    Column("peak_at", Moment, nullable=False),
    Column("day", Text, nullable=False),
    Column("day_growth", Amount, nullable=False),
    Column("day_nav", Amount, nullable=False),
    Column("day_at", Moment, nullable=False),
    Column("began_at", Moment, nullable=False),
    sqlite_strict=True,
)

limit_states = Table(
    "limit_states",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("limit_key", Text, primary_key=True),
    Column("is_warned", Flag, nullable=False),
    Column("tripped_at", Moment),
    Column("acknowledged", Amount),
    sqlite_strict=True,
)

orders = Table(
    "orders",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("client_order_id", Text, nullable=False, unique=True),
    Column("venue", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("quote", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("order_type", Text, nullable=False),
    Column("time_in_force", Text, nullable=False),
    Column("quantity", Amount, nullable=False),
    Column("limit_price", Amount),
    Column("reserve_asset", Text, nullable=False),
    Column("reserve_amount", Amount, nullable=False),
    Column("origin", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("run_id", Text),
    Column("correlation_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("venue_order_id", Text),
    Column("filled_quantity", Amount, nullable=False),
    Column("cost", Amount, nullable=False),
    Column("fee", Amount, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("submitted_at", Moment),
    Column("deadline_at", Moment),
    Column("updated_at", Moment, nullable=False),
    Column("note", Text),
    Column("evidence", Text, nullable=False),
    Index("uq_orders_venue_venue_order_id", "venue", "venue_order_id", unique=True),
    Index(None, "run_id"),
    Index("ix_orders_working", "sequence", sqlite_where=is_working),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)

order_events = Table(
    "order_events",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("client_order_id", ForeignKey("orders.client_order_id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("previous", Text),
    Column("status", Text, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_strict=True,
)

fills = Table(
    "fills",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("fill_id", Text, primary_key=True),
    Column("venue_order_id", Text, nullable=False),
    Column("client_order_id", ForeignKey("orders.client_order_id"), index=True),
    Column("base", Text, nullable=False),
    Column("quote", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("quantity", Amount, nullable=False),
    Column("price", Amount, nullable=False),
    Column("cost", Amount, nullable=False),
    Column("fee", Amount, nullable=False),
    Column("fee_asset", Text, nullable=False),
    Column("executed_at", Moment, nullable=False),
    Column("booked_at", Moment, nullable=False),
    Index(None, "venue", "executed_at"),
    Index(None, "venue", "venue_order_id"),
    sqlite_strict=True,
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("venue", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("plan_hash", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("outcome", Text),
    Index(None, "venue", "created_at"),
    sqlite_strict=True,
)

inbox = Table(
    "inbox",
    metadata,
    Column("arrival", Integer, primary_key=True),
    Column("update_id", Integer, nullable=False, unique=True),
    Column("raw", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("chat_id", Integer),
    Column("user_id", Integer),
    Column("lane", Text),
    Column("status", Text, nullable=False),
    Column("claimed_at", Moment),
    Column("finished_at", Moment),
    Column("outcome", Text),
    Column("correlation_id", Text),
    Index(None, "status"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("chat_id", Integer),
    Column("dedupe_key", Text, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("message_id", Integer),
    Column("maybe_delivered", Flag, nullable=False),
    Index(None, "status"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("action", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("chat_id", Integer, nullable=False),
    Column("message_id", Integer),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    sqlite_strict=True,
)

jobs = Table(
    "jobs",
    metadata,
    Column("name", Text, primary_key=True),
    Column("paused", Flag, nullable=False),
    Column("last_started_at", Moment),
    Column("last_finished_at", Moment),
    Column("last_outcome", Text),
    Column("last_error", Text),
    Column("failures", Integer, nullable=False),
    sqlite_strict=True,
)

breakers = Table(
    "breakers",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("open_until", Moment),
    Column("reason", Text),
    Column("updated_at", Moment, nullable=False),
    sqlite_strict=True,
)
