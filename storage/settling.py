"""One transaction for what a venue says: orders it has, fills it made, orders that ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.fills import owners_of
from storage.journal import MakeNotices, open_page
from storage.records import FillRow, OrderMove, OrderRow

Decide = Callable[[tuple[OrderRow, ...]], Sequence[OrderMove]]
"""What is to be done about orders as they stand at that moment; moves are made in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueNewsRows:
    """What a venue says of some of its orders, and how to decide what it means.

    `begin` and `end` are called inside the transaction, before and after the fills are booked:
    what they decide on cannot change under them. Both must decide the same when asked again.
    """

    venue: str
    venue_order_ids: frozenset[str]
    client_order_ids: frozenset[str]
    fills: Sequence[FillRow]
    at: datetime
    begin: Decide
    end: Decide
    make_notices: MakeNotices


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledRows:
    """What came of it."""

    orders: tuple[OrderRow, ...]
    """Those concerned, as they stand now."""
    moved: frozenset[str]
    """Which of them are in another state than before."""
    fills: tuple[FillRow, ...]
    """Booked now; of orders that the journal does not know none is."""


async def settle(connection: AsyncConnection, news: VenueNewsRows) -> SettledRows:
    """Apply a venue's word inside a transaction."""
    owners = owners_of(news.fills)
    page = await open_page(
        connection,
        client_order_ids=news.client_order_ids | owners["client_order_ids"],
        venue_order_ids={(news.venue, each) for each in news.venue_order_ids}
        | owners["venue_order_ids"],
    )
    moves = list(news.begin(page.rows))
    made = [page.move(move) for move in moves]
    known = [fill for fill in news.fills if page.owner(fill) is not None]
    await page.claim(known)
    booked = await page.book(known, news.at, news.make_notices)
    made += [page.move(move) for move in news.end(page.rows)]
    await page.write()
    return SettledRows(
        orders=page.rows,
        moved=frozenset(row.client_order_id for row in made if row is not None),
        fills=booked,
    )
