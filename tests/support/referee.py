"""Compares three books digit by digit: the venue's, the bot's own, and what Telegram was told.

Nothing here goes through the bot's code: the venue's book comes from its control address, the
bot's from its file by plain SQL, and what was told from the chat as a person would read it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.support.bot_database import BotDatabase, Row
from tests.support.local_telegram import Shown
from tests.support.running_bot import RunningBot

Book = Mapping[str, Any]
MAY_BE_REPEATED = "You may have had this message before"
_FILL = re.compile(
    r"^(?P<verb>Bought|Sold) (?P<quantity>[\d.]+) (?P<base>\w+) "
    r"at (?P<price>[\d.]+) (?P<quote>\w+)\n"
    r"(?:cost|proceeds) (?P<cost>[\d.]+) \w+ · fee (?P<fee>[\d.]+) (?P<fee_asset>\w+)\n"
    r".* · fill (?P<fill_id>\S+) · ",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFill:
    """One message about one fill; amounts are compared as numbers, not as they are written."""

    fill_id: str
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    cost: Decimal
    fee: Decimal
    may_be_repeat: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was compared, and everything that differs; an empty list is three equal books."""

    orders: int
    fills: int
    messages: int
    lost: tuple[str, ...]
    """In the venue's book and in no other, or never told."""
    doubled: tuple[str, ...]
    """Sent, booked or told twice."""
    differing: tuple[str, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        return (*self.lost, *self.doubled, *self.differing)


async def compare(bot: RunningBot, *, owner: int) -> Verdict:
    """Compare the three books of a bot that has nothing under way."""
    book = await bot.kraken.book()
    told = told_fills(await bot.telegram.transcript(owner))
    orders = bot.database.table("orders")
    fills = bot.database.table("fills")
    audit = [f"the venue's own books: {problem}" for problem in await bot.kraken.audit()]
    return Verdict(
        orders=len(book["orders"]),
        fills=len(book["fills"]),
        messages=len(told),
        lost=tuple(_lost(book, orders, fills, told)),
        doubled=tuple(_doubled(book, orders, told)),
        differing=(*audit, *_differing(book, orders, fills, told), *_at_rest(bot)),
    )


def told_fills(shown: Iterable[Shown]) -> list[ToldFill]:
    """Read the fill notices of a chat."""
    return [
        _told(found, may_be_repeat=MAY_BE_REPEATED in each.text)
        for each in shown
        if each.event == "message" and (found := _FILL.search(each.text)) is not None
    ]


def shown_balances(text: str) -> dict[str, Decimal]:
    """Read the totals of a /balance message, by asset."""
    row = re.compile(r"^(\w+)\s+([\d.]+)\s+⚠?(?:exchange|stream|cache|fallback) ", re.MULTILINE)
    return {asset: Decimal(total) for asset, total in row.findall(text)}


def balance_differences(book: Book, shown: Mapping[str, Decimal]) -> list[str]:
    """Say where a /balance message and the venue's book disagree."""
    theirs = {asset: Decimal(each["total"]) for asset, each in book["balances"].items()}
    return [
        f"{asset}: the venue has {theirs.get(asset, 0)}, /balance shows {shown.get(asset, 0)}"
        for asset in sorted(theirs.keys() | shown.keys())
        if theirs.get(asset, Decimal(0)) != shown.get(asset, Decimal(0))
    ]


def _told(found: re.Match[str], *, may_be_repeat: bool) -> ToldFill:
    return ToldFill(
        fill_id=found["fill_id"],
        symbol=f"{found['base']}/{found['quote']}",
        side="buy" if found["verb"] == "Bought" else "sell",
        quantity=Decimal(found["quantity"]),
        price=Decimal(found["price"]),
        cost=Decimal(found["cost"]),
        fee=Decimal(found["fee"]),
        may_be_repeat=may_be_repeat,
    )


def _lost(
    book: Book, orders: Sequence[Row], fills: Sequence[Row], told: Sequence[ToldFill]
) -> Iterable[str]:
    journal = {row["venue_order_id"] for row in orders}
    for order in book["orders"]:
        if order["order_id"] not in journal:
            yield f"order {order['order_id']} is at the venue and not in the journal"
    booked = {row["fill_id"] for row in fills}
    messages = {each.fill_id for each in told}
    for fill in book["fills"]:
        if fill["trade_id"] not in booked:
            yield f"fill {fill['trade_id']} was never booked"
        if fill["trade_id"] not in messages:
            yield f"fill {fill['trade_id']} was never told"


def _doubled(book: Book, orders: Sequence[Row], told: Sequence[ToldFill]) -> Iterable[str]:
    sent = Counter(order["cl_ord_id"] for order in book["orders"] if order["cl_ord_id"])
    for client_order_id, times in sent.items():
        if times > 1:
            yield f"order {client_order_id} is at the venue {times} times"
    named = Counter(row["venue_order_id"] for row in orders if row["venue_order_id"])
    for venue_order_id, times in named.items():
        if times > 1:
            yield f"order {venue_order_id} is in the journal {times} times"
    unmarked = Counter(each.fill_id for each in told if not each.may_be_repeat)
    for fill_id, times in unmarked.items():
        if times > 1:
            yield f"fill {fill_id} was told {times} times as news"


def _differing(
    book: Book, orders: Sequence[Row], fills: Sequence[Row], told: Sequence[ToldFill]
) -> Iterable[str]:
    theirs = {order["order_id"]: order for order in book["orders"]}
    for row in orders:
        order = theirs.get(row["venue_order_id"])
        if order is None:
            if row["venue_order_id"] is not None or Decimal(row["filled_quantity"]):
                yield f"order {row['client_order_id']} is in the journal and not at the venue"
            continue
        yield from _order_differences(order, row)
    venue_fills = {fill["trade_id"]: _venue_fill(fill) for fill in book["fills"]}
    for row in fills:
        if venue_fills.get(row["fill_id"]) != _booked_fill(row):
            yield f"fill {row['fill_id']}: venue {venue_fills.get(row['fill_id'])}, journal {row}"
    for each in told:
        wanted = venue_fills.get(each.fill_id)
        said = (each.symbol, each.side, each.quantity, each.price, each.cost, each.fee)
        if wanted != said:
            yield f"fill {each.fill_id}: venue {wanted}, told {said}"


def _order_differences(order: Book, row: Row) -> Iterable[str]:
    name = row["client_order_id"]
    ours = None if name.startswith("EX-") else name
    if order["cl_ord_id"] != ours:
        yield f"order {name} is called {order['cl_ord_id']} at the venue"
    for theirs, mine in (("filled", "filled_quantity"), ("cost", "cost"), ("fee", "fee")):
        if Decimal(order[theirs]) != Decimal(row[mine]):
            yield f"order {name}: {theirs} is {order[theirs]} at the venue, {row[mine]} here"
    if order["status"] == "closed" and row["status"] != "filled":
        yield f"order {name} is filled at the venue and {row['status']} here"


def _venue_fill(fill: Book) -> tuple[object, ...]:
    amounts = (Decimal(fill[name]) for name in ("volume", "price", "cost", "fee"))
    return (fill["pair"], fill["side"], *amounts)


def _booked_fill(row: Row) -> tuple[object, ...]:
    amounts = (Decimal(row[name]) for name in ("quantity", "price", "cost", "fee"))
    return (f"{row['base']}/{row['quote']}", row["side"], *amounts)


def _at_rest(bot: RunningBot) -> Iterable[str]:
    """Nothing may still be under way: what is not at rest still reserves what it would spend."""
    database: BotDatabase = bot.database
    for row in database.working():
        yield f"order {row['client_order_id']} is still {row['status']}"
    for row in database.unfinished_runs():
        yield f"run {row['run_id']} is still {row['status']}"
