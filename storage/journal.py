"""The orders of one transaction: read together, changed in memory, written in few statements.

A statement costs a trip to the connection's thread, so twenty orders that move at once must not
cost twenty times as many statements as one. Nobody else writes while a transaction is open: what
was read at its beginning is what stands there until its end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Context, Decimal, Inexact
from functools import reduce
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.journal_statements import (
    BY_IDS,
    CHANGING,
    CLAIM,
    OWNERLESS,
    STORED,
    STORED_AND_OWNERLESS,
    WRITE,
)
from storage.outbox import add_dated_notices
from storage.records import ConflictingWrite, FillRow, NewNotice, OrderMove, OrderRow
from storage.rows import records, values
from storage.tables import fills, order_events

_EXACT = Context(prec=120, traps=[Inexact])
_CHUNK = 500
"""Ids asked for at once; SQLite bounds the parameters of one statement."""

MakeNotices = Callable[[tuple[FillRow, ...]], tuple[NewNotice, ...]]


class JournalPage:
    """Made by `open_page`; nothing is in the database before `write`, but for fills."""

    def __init__(self, connection: AsyncConnection, rows: Iterable[OrderRow]) -> None:
        """Begin with the rows as they stand."""
        self._connection = connection
        self._before = {row.client_order_id: row for row in rows}
        self._now = dict(self._before)
        self._by_venue_id = {
            (row.venue, row.venue_order_id): row.client_order_id
            for row in self._now.values()
            if row.venue_order_id is not None
        }
        self._events: list[dict[str, object]] = []
        self._notices: list[tuple[NewNotice, datetime]] = []
        self._named: list[OrderRow] = []
        """Given the venue's id on this page: fills booked before may be waiting for them."""
        self._known: set[tuple[str, str]] = set()
        """The fills told that are stored already."""

    @property
    def rows(self) -> tuple[OrderRow, ...]:
        """Every order of the page as it stands now, oldest first."""
        return tuple(sorted(self._now.values(), key=lambda row: row.sequence))

    @property
    def changed(self) -> tuple[OrderRow, ...]:
        """Those that are not what they were."""
        return tuple(row for row in self.rows if row is not self._before.get(row.client_order_id))

    def get(self, client_order_id: str) -> OrderRow:
        """Return an order of the page."""
        return self._now[client_order_id]

    def owner(self, fill: FillRow) -> str | None:
        """Return whose fill it is: the order that the venue names, else the one of our id."""
        named = self._by_venue_id.get((fill.venue, fill.venue_order_id))
        if named is not None or fill.client_order_id is None:
            return named
        ours = self._now.get(fill.client_order_id)
        return fill.client_order_id if ours is not None and ours.venue == fill.venue else None

    def move(self, move: OrderMove) -> OrderRow | None:
        """Compare and set one order; None when it is in another state than expected."""
        row = self._now.get(move.client_order_id)
        if row is None or row.status not in move.expected:
            return None
        moved = replace(row, status=move.status, updated_at=move.at, **_given(move))
        self._now[row.client_order_id] = moved
        if moved.venue_order_id is not None and row.venue_order_id is None:
            self._by_venue_id[moved.venue, moved.venue_order_id] = moved.client_order_id
            self._named.append(moved)
        self._events.append(
            {
                "client_order_id": row.client_order_id,
                "at": move.at,
                "previous": row.status,
                "status": move.status,
                "detail": move.detail,
            }
        )
        self._notices += [(notice, move.at) for notice in move.notices]
        return moved

    def add(self, row: OrderRow) -> None:
        """Take up an order that was inserted just now; its fills may be there already."""
        self._before[row.client_order_id] = self._now[row.client_order_id] = row
        self._named.append(row)

    def conflict(self, move: OrderMove) -> ConflictingWrite:
        """Say why a move was not made."""
        row = self._now.get(move.client_order_id)
        if row is None:
            return ConflictingWrite(f"order {move.client_order_id} is not in the journal")
        return ConflictingWrite(
            f"order {move.client_order_id} is {row.status}, not "
            f"{' or '.join(sorted(move.expected))}; it was left as it is"
        )

    async def claim(self, told: Sequence[FillRow] = ()) -> None:
        """Tie the fills that were booked before their order was known to it.

        `told` are fills that will be booked on this page: it is looked up on the way which of
        them are stored already.
        """
        named, self._named = self._named, []
        if not named and not told:
            return
        by_id = {(row.venue, str(row.venue_order_id)): row.client_order_id for row in named}
        claims: dict[tuple[str, str], str] = {}
        for row in await self._stored(told, named):
            self._known.add((row.venue, row.fill_id))
            key = (row.venue, row.venue_order_id)
            if row.client_order_id is None and key in by_id:
                claims[key] = by_id[key]
        if not claims:
            return
        await self._connection.execute(
            CLAIM,
            [
                {"of_venue": venue, "of_order": order, "owner": owner}
                for (venue, order), owner in claims.items()
            ],
        )
        await self._total(claims.values())

    async def book(
        self, rows: Sequence[FillRow], at: datetime, make_notices: MakeNotices
    ) -> tuple[FillRow, ...]:
        """Store those of the fills told before that are new, and add them to their orders."""
        first: dict[tuple[str, str], FillRow] = {}
        for row in rows:
            first.setdefault((row.venue, row.fill_id), row)
        tied = tuple(
            replace(row, client_order_id=self.owner(row), booked_at=at)
            for key, row in first.items()
            if key not in self._known
        )
        if not tied:
            return ()
        await self._connection.execute(insert(fills), [values(row) for row in tied])
        for row in tied:
            if row.client_order_id is not None:
                self._now[row.client_order_id] = _plus(self._now[row.client_order_id], row)
        self._notices += [(notice, at) for notice in make_notices(tied)]
        return tied

    async def write(self) -> None:
        """Write the orders, their history and the notices that tell of them."""
        if self._events:
            await self._connection.execute(insert(order_events), self._events)
        changes = [_change(self._before[row.client_order_id], row) for row in self.changed]
        if changes:
            written = await self._connection.execute(WRITE, changes)
            if written.rowcount != len(changes):
                raise ConflictingWrite("the journal changed under a transaction; nothing is kept")
        await add_dated_notices(self._connection, self._notices)

    async def _stored(self, told: Sequence[FillRow], named: Sequence[OrderRow]) -> list[Any]:
        """Return the fills that are stored: those told, and those without an owner of orders."""
        theirs = [row.venue_order_id for row in named if row.venue_order_id is not None]
        found: list[Any] = []
        for ids, orders_ in _chunks([row.fill_id for row in told], theirs):
            wanted = {
                "told_venues": list({row.venue for row in told}),
                "told_ids": ids,
                "venues": list({row.venue for row in named}),
                "orders": orders_,
            }
            query = STORED if not orders_ else STORED_AND_OWNERLESS if ids else OWNERLESS
            found += (await self._connection.execute(query, wanted)).all()
        return found

    async def _total(self, owners: Iterable[str | None]) -> None:
        """Set amounts to the sums of the fills (in Python: SQL would use floats)."""
        wanted = {owner for owner in owners if owner is not None}
        parts: dict[str, list[Any]] = {owner: [] for owner in wanted}
        query = select(
            fills.c.client_order_id, fills.c.quantity, fills.c.cost, fills.c.fee, fills.c.fee_asset
        )
        for some, _ in _chunks(wanted, ()):
            for part in await self._connection.execute(
                query.where(fills.c.client_order_id.in_(some))
            ):
                parts[part.client_order_id].append(part)
        for owner, found in parts.items():
            self._now[owner] = replace(
                self._now[owner],
                filled_quantity=_exact_sum(part.quantity for part in found),
                cost=_exact_sum(part.cost for part in found),
                fee=_exact_sum(
                    part.fee for part in found if part.fee_asset == self._now[owner].quote
                ),
            )


async def open_page(
    connection: AsyncConnection,
    *,
    client_order_ids: Collection[str] = (),
    venue_order_ids: Collection[tuple[str, str]] = (),
) -> JournalPage:
    """Read the orders of these ids, ours or the venues' (venue and id)."""
    rows: dict[str, OrderRow] = {}
    theirs = [identifier for _, identifier in venue_order_ids]
    venues = list({venue for venue, _ in venue_order_ids})
    for names, ids in _chunks(client_order_ids, theirs):
        wanted = {"ours": names, "theirs": ids, "venues": venues}
        for row in records(OrderRow, await connection.execute(BY_IDS, wanted)):
            rows[row.client_order_id] = row
    return JournalPage(connection, rows.values())


def _chunks(
    some: Collection[str], others: Collection[str]
) -> Iterator[tuple[list[str], list[str]]]:
    """Cut both into what one statement can take."""
    left, right = sorted(set(some)), sorted(set(others))
    while left or right:
        yield left[:_CHUNK], right[:_CHUNK]
        left, right = left[_CHUNK:], right[_CHUNK:]


def _change(before: OrderRow, row: OrderRow) -> dict[str, object]:
    change: dict[str, object] = {f"new_{name}": getattr(row, name) for name in CHANGING}
    return change | {"key": before.client_order_id, "was": before.status}


def _plus(order: OrderRow, fill: FillRow) -> OrderRow:
    return replace(
        order,
        filled_quantity=_EXACT.add(order.filled_quantity, fill.quantity),
        cost=_EXACT.add(order.cost, fill.cost),
        # In other assets a fee stands with its fill alone: it cannot be added to these.
        fee=_EXACT.add(order.fee, fill.fee) if fill.fee_asset == order.quote else order.fee,
    )


def _exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Add up without rounding; the usual 28 digits are too few for coins of 18 decimals."""
    return reduce(_EXACT.add, amounts, Decimal(0))


def _given(move: OrderMove) -> dict[str, Any]:
    optional = {
        "venue_order_id": move.venue_order_id,
        "submitted_at": move.submitted_at,
        "deadline_at": move.deadline_at,
        "note": move.note,
        "evidence": move.evidence,
    }
    return {name: value for name, value in optional.items() if value is not None}
