"""The statements of a page of the journal, made once: to make one costs as much as to run it."""

from __future__ import annotations

from sqlalchemy import bindparam, or_, select, union_all, update

from storage.records import OrderRow
from storage.rows import select_records
from storage.tables import fills, orders

CHANGING = (
    "status",
    "venue_order_id",
    "filled_quantity",
    "cost",
    "fee",
    "submitted_at",
    "deadline_at",
    "updated_at",
    "note",
    "evidence",
)
WRITE = (
    update(orders)
    .where(orders.c.client_order_id == bindparam("key"), orders.c.status == bindparam("was"))
    .values({name: bindparam(f"new_{name}") for name in CHANGING})
)
CLAIM = (
    update(fills)
    .where(
        fills.c.venue == bindparam("of_venue"),
        fills.c.venue_order_id == bindparam("of_order"),
        fills.c.client_order_id.is_(None),
    )
    .values(client_order_id=bindparam("owner"))
)
BY_IDS = select_records(orders, OrderRow).where(
    or_(
        orders.c.client_order_id.in_(bindparam("ours", expanding=True)),
        orders.c.venue_order_id.in_(bindparam("theirs", expanding=True))
        & orders.c.venue.in_(bindparam("venues", expanding=True)),
    )
)
_FILL_IDS = select(fills.c.venue, fills.c.fill_id, fills.c.venue_order_id, fills.c.client_order_id)
STORED = _FILL_IDS.where(
    fills.c.venue.in_(bindparam("told_venues", expanding=True)),
    fills.c.fill_id.in_(bindparam("told_ids", expanding=True)),
)
OWNERLESS = _FILL_IDS.where(
    fills.c.venue.in_(bindparam("venues", expanding=True)),
    fills.c.venue_order_id.in_(bindparam("orders", expanding=True)),
    fills.c.client_order_id.is_(None),
)
STORED_AND_OWNERLESS = union_all(STORED, OWNERLESS)
"""Each by an index of its own: with "or" between them SQLite reads every fill there is."""
