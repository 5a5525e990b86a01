"""An order by hand in money and in percent before it is sent, and what became of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from handlers.rendering.figures import age, average, exact, money, percent, price
from handlers.rendering.orders import doubt
from handlers.rendering.tables import table
from handlers.rendering.text import bold, code, escape, preformatted
from trading.intents.manual_model import EffectRow, ManualPreview, ManualResult
from trading.model.denial import DenialCode
from trading.model.instrument import Side
from trading.model.order import OrderIntent, TimeInForce
from trading.model.order_status import OrderStatus, is_terminal

_STYLES = {
    TimeInForce.IOC: "what does not fill at once is cancelled",
    TimeInForce.GTC: "stays until it fills or is cancelled",
}


def verb(intent: OrderIntent) -> str:
    """Say shortly what the button does."""
    return f"{intent.side.value.capitalize()} {exact(intent.quantity)} {intent.symbol.base}"


def preview(shown: ManualPreview, now: datetime) -> str:
    """Show everything that speaks for or against the button."""
    intent = shown.intent
    parts = [] if shown.again is None else [f"⚠ {escape(shown.again)}"]
    parts.append(f"{bold(verb(intent))} on {escape(intent.venue)}")
    parts.append(
        f"limit {price(intent.limit_price, intent.symbol.quote)} or better, "
        f"{_STYLES[intent.time_in_force]}"
    )
    parts.extend((_market(shown), _worth(shown), _funds(shown)))
    parts.extend(_effect(shown))
    parts.extend(f"• {escape(note)}" for note in shown.notes)
    if shown.denied is not None:
        parts.append(f"❌ It would not be sent now: {escape(shown.denied)}")
        if shown.denied.code is DenialCode.INSUFFICIENT_FREE:
            command = f"/{intent.side.value} {intent.symbol} all"
            parts.append(f"{code(command)} takes what is free.")
        parts.append("Nothing was done.")
    else:
        left = age(max(0.0, (shown.expires_at - now).total_seconds()))
        parts.append(f"<i>This holds for {left}.</i>")
    return "\n".join(parts)


def _market(shown: ManualPreview) -> str:
    market, quote = shown.market, shown.intent.symbol.quote
    return (
        f"{escape(shown.intent.symbol)} is at {price(market.middle, quote)}: bid "
        f"{price(market.bid)}, ask {price(market.ask)} <i>({escape(shown.intent.venue)}'s own "
        f"book, {age(market.age_seconds)} old)</i>"
    )


def _worth(shown: ManualPreview) -> str:
    quote = shown.intent.symbol.quote
    share = shown.effect.share_of_nav
    whole = (
        f"{percent(share)} of {money(shown.effect.nav, shown.effect.currency)}"
        if share is not None
        else "its share of the whole is unknown"
    )
    verb_ = "costs" if shown.intent.side is Side.BUY else "brings"
    return (
        f"It {verb_} about {bold(money(shown.value, quote))} ({escape(whole)}), fee about "
        f"{escape(money(shown.fee, quote))} ({percent(shown.instrument.taker_fee_fraction)})"
    )


def _funds(shown: ManualPreview) -> str:
    funds, intent = shown.funds, shown.intent
    trust = "verified" if funds.verified else "NOT verified"
    others = f", {exact(funds.reserved)} of it reserved" if funds.reserved else ""
    buffer = " (limit price, fee and buffer)" if intent.side is Side.BUY else ""
    return (
        f"Reserved at worst: {exact(intent.reserve_amount)} {escape(intent.reserve_asset)}"
        f"{buffer}\nChecked against {exact(funds.free)} {escape(funds.asset)} free{others} "
        f"<i>({escape(funds.source.value)}, {trust}, {age(funds.age_seconds)} old)</i>: uses "
        f"{percent(shown.share_of_funds)} of what is held"
    )


def _effect(shown: ManualPreview) -> list[str]:
    if not shown.effect.rows:
        return ["Its effect on the allocation is unknown: the whole could not be valued."]
    rows = [
        (row.asset, _weight(row.weight_before), _weight(row.weight_after), _goal(row))
        for row in shown.effect.rows
    ]
    lines = [preformatted(table(("asset", "now", "then", "goal"), rows, align="lrrr"))]
    for row in shown.effect.rows:
        before, after = row.is_outside(row.weight_before), row.is_outside(row.weight_after)
        if after:
            stays = "stays" if before else "goes"
            lines.append(f"⚠ {escape(row.asset)} {stays} outside its band")
        elif before:
            lines.append(f"{escape(row.asset)} comes back into its band")
    return lines


def _weight(weight: Decimal | None) -> str:
    return "–" if weight is None else f"{weight * 100:.1f}%"


def _goal(row: EffectRow) -> str:
    if row.target is None:
        return "none"
    band = "" if row.band is None else f" ±{row.band * 100:.1f}"
    return f"{row.target * 100:.1f}%{band}"


def result(done: ManualResult) -> str:
    """Say what became of it, with its price, fee and slippage."""
    order, intent = done.order, done.order.intent
    parts = [f"{bold(_head(done))} · {escape(intent.venue)}"]
    filled = sum((fill.quantity for fill in done.fills), Decimal(0))
    what = "bought" if intent.side is Side.BUY else "sold"
    of = "" if filled == intent.quantity else f" of {exact(intent.quantity)}"
    parts.append(f"{exact(filled)}{of} {escape(intent.symbol.base)} {what}")
    parts.extend(_figures(done))
    if order.note and order.status is not OrderStatus.FILLED:
        parts.append(f"The venue says: {escape(order.note)}")
    if order.status is OrderStatus.UNKNOWN:
        parts.append(doubt(order))
    elif not is_terminal(order.status):
        parts.append("It stays in the book: /orders shows it, with a button to cancel it.")
    parts.append(
        f"<i>{done.duration_seconds:.1f} s · {code(order.client_order_id)} · "
        f"{escape(done.correlation_id)}</i>"
    )
    return "\n".join(parts)


def _head(done: ManualResult) -> str:
    status = done.order.status
    if status is OrderStatus.FILLED:
        return "✅ Done"
    if status is OrderStatus.REJECTED:
        return "❌ The venue refused it"
    if status is OrderStatus.UNKNOWN:
        return "⚠ Outcome unknown"
    if done.fills:
        return "🟠 Filled in part"
    if is_terminal(status):
        return "❌ Not filled"
    return "✅ In the book"


def _figures(done: ManualResult) -> list[str]:
    if done.average_price is None:
        return []
    quote = done.order.intent.symbol.quote
    cost = sum((fill.cost for fill in done.fills), Decimal(0))
    many = f" in {len(done.fills)} fills" if len(done.fills) > 1 else ""
    fees = " + ".join(f"{exact(amount)} {asset}" for asset, amount in done.fees.items())
    at = (
        f"at {average(done.average_price, quote)} on average{many}: "
        f"{escape(exact(cost))} {escape(quote)}, fee {escape(fees)}"
    )
    slippage = (
        f"slippage {escape(money(done.slippage, quote))} "
        f"({percent(done.slippage_fraction, signed=True)}) against the middle of "
        f"{price(done.middle)}"
    )
    return [at, slippage]
