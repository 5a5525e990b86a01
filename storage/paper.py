"""The books of accounts on paper: each change whole, in one commit, or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, insert, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.paper_tables import (
    paper_accounts,
    paper_balances,
    paper_fills,
    paper_ledger,
    paper_orders,
)
from storage.rows import Record, record, records, select_records, values
from storage.writer import Work

R = TypeVar("R", bound=Record)
_IDS_AT_ONCE = 500
_OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperAccountRow:
    """One account; `sequence` is the number of its last event."""

    venue: str
    sequence: int
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperBalanceRow:
    """What is held of one asset, and how much of it for orders."""

    venue: str
    asset: str
    total: Decimal
    hold: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperOrderRow:
    """An order as the account has it now; `taker` and `maker` are the fees it was taken at."""

    venue: str
    number: int
    order_id: str
    client_order_id: str | None
    market: str
    side: str
    kind: str
    time_in_force: str
    quantity: Decimal
    limit_price: Decimal | None
    taker: Decimal
    maker: Decimal
    state: str
    hold: Decimal
    filled: Decimal
    cost: Decimal
    fee: Decimal
    opened_at: datetime
    closed_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFillRow:
    """One execution."""

    venue: str
    number: int
    order_id: str
    client_order_id: str | None
    market: str
    side: str
    price: Decimal
    quantity: Decimal
    cost: Decimal
    fee: Decimal
    fee_asset: str
    is_maker: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLedgerRow:
    """One movement of one asset; `balance` is the total after it."""

    venue: str
    number: int
    asset: str
    kind: str
    amount: Decimal
    fee: Decimal
    balance: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperChange:
    """What one change writes: the account, and every row that is new or no longer the same."""

    account: PaperAccountRow
    balances: Sequence[PaperBalanceRow] = ()
    orders: Sequence[PaperOrderRow] = ()
    fills: Sequence[PaperFillRow] = ()
    ledger: Sequence[PaperLedgerRow] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperBooks:
    """An account as it was last written down, with its open orders."""

    account: PaperAccountRow
    balances: tuple[PaperBalanceRow, ...]
    orders: tuple[PaperOrderRow, ...]


class PaperRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep everything in `database`."""
        self._database = database

    async def load(self, venue: str) -> PaperBooks | None:
        """Return the account of a venue; None before it was opened."""
        return await self._database.read(_books_of(venue))

    async def load_settled(self, venue: str) -> PaperBooks | None:
        """Return it once every write that was begun has ended, in the writer's own turn.

        A write whose caller was cut off may still be under way: what is read beside it would be
        a state that is over a moment later.
        """
        return await self._database.transact(_books_of(venue))

    async def write(self, change: PaperChange) -> None:
        """Write one change; what is there of an order or a balance is replaced."""

        async def work(connection: AsyncConnection) -> None:
            for table, keys, rows in (
                (paper_accounts, ("venue",), [change.account]),
                (paper_balances, ("venue", "asset"), change.balances),
                (paper_orders, ("venue", "number"), change.orders),
            ):
                for row in rows:
                    written = values(row)
                    kept = {name: each for name, each in written.items() if name not in keys}
                    statement = upsert(table).values(written)
                    await connection.execute(
                        statement.on_conflict_do_update(index_elements=keys, set_=kept)
                    )
            for table, new in ((paper_fills, change.fills), (paper_ledger, change.ledger)):
                if new:
                    await connection.execute(insert(table), [values(row) for row in new])

        await self._database.transact(work)

    async def orders(self, venue: str, ids: Collection[str]) -> tuple[PaperOrderRow, ...]:
        """Return the orders of these ids; an unknown id has none."""
        wanted = list(ids)
        found: list[PaperOrderRow] = []
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            some = wanted[start : start + _IDS_AT_ONCE]
            query = _orders(paper_orders.c.venue == venue, paper_orders.c.order_id.in_(some))
            found += await self._read(PaperOrderRow, query)
        return tuple(found)

    async def orders_of(self, venue: str, client_order_id: str) -> tuple[PaperOrderRow, ...]:
        """Return every order of one client order id, open or not."""
        return await self._read(
            PaperOrderRow,
            _orders(
                paper_orders.c.venue == venue, paper_orders.c.client_order_id == client_order_id
            ),
        )

    async def closed_orders(self, venue: str, since: datetime) -> tuple[PaperOrderRow, ...]:
        """Return the orders that ended since, oldest first."""
        return await self._read(
            PaperOrderRow,
            _orders(paper_orders.c.venue == venue, paper_orders.c.closed_at >= since),
        )

    async def fills(self, venue: str, since: datetime) -> tuple[PaperFillRow, ...]:
        """Return the fills since, oldest first."""
        query = (
            select_records(paper_fills, PaperFillRow)
            .where(paper_fills.c.venue == venue, paper_fills.c.at >= since)
            .order_by(paper_fills.c.number)
        )
        return await self._read(PaperFillRow, query)

    async def ledger(self, venue: str, since: datetime) -> tuple[PaperLedgerRow, ...]:
        """Return the ledger rows since, oldest first."""
        query = (
            select_records(paper_ledger, PaperLedgerRow)
            .where(paper_ledger.c.venue == venue, paper_ledger.c.at >= since)
            .order_by(paper_ledger.c.number)
        )
        return await self._read(PaperLedgerRow, query)

    async def totals(self, venue: str) -> Mapping[str, Decimal]:
        """Return what the ledger's last row of each asset says is held."""
        last = paper_ledger.alias()
        query = select(paper_ledger.c.asset, paper_ledger.c.balance).where(
            paper_ledger.c.venue == venue,
            ~select(last.c.number)
            .where(
                and_(
                    last.c.venue == venue,
                    last.c.asset == paper_ledger.c.asset,
                    or_(last.c.number > paper_ledger.c.number),
                )
            )
            .exists(),
        )

        async def work(connection: AsyncConnection) -> Mapping[str, Decimal]:
            rows = (await connection.execute(query)).all()
            return {row.asset: row.balance for row in rows}

        return await self._database.read(work)

    async def _read(self, kind: type[R], query: Select[tuple[object, ...]]) -> tuple[R, ...]:
        async def work(connection: AsyncConnection) -> tuple[R, ...]:
            return records(kind, await connection.execute(query))

        return await self._database.read(work)


def _orders(*conditions: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    return (
        select_records(paper_orders, PaperOrderRow)
        .where(*conditions)
        .order_by(paper_orders.c.number)
    )


def _books_of(venue: str) -> Work[PaperBooks | None]:
    accounts = select_records(paper_accounts, PaperAccountRow).where(
        paper_accounts.c.venue == venue
    )
    balances = select_records(paper_balances, PaperBalanceRow).where(
        paper_balances.c.venue == venue
    )
    orders = _orders(paper_orders.c.venue == venue, paper_orders.c.state == _OPEN)

    async def work(connection: AsyncConnection) -> PaperBooks | None:
        account = (await connection.execute(accounts)).one_or_none()
        if account is None:
            return None
        return PaperBooks(
            account=record(PaperAccountRow, account),
            balances=records(PaperBalanceRow, await connection.execute(balances)),
            orders=records(PaperOrderRow, await connection.execute(orders)),
        )

    return work
