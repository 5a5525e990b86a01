"""All venues added up in one currency, with the rule it follows and all that is not in it."""

from __future__ import annotations

from decimal import Decimal

from handlers.rendering.balances import verdict
from handlers.rendering.figures import UNKNOWN, money
from handlers.rendering.figures import price as shown_price
from handlers.rendering.tables import table
from handlers.rendering.text import bold, escape, preformatted
from trading.model.valuation import TotalValue, VenueShare

RULE = (
    "Each venue counts at its own prices; its currency is converted at a market price, of its own "
    "pair where it lists one. A stablecoin is never taken for 1. What has no price is not counted."
)


def whole(total: TotalValue) -> str:
    """Show what every venue adds, the sum, and the rule."""
    rows = [(share.venue, money(share.value), _part(share, total)) for share in total.shares]
    parts = [
        _head(total),
        preformatted(table(("venue", str(total.base), "part"), rows, align="lrr")),
        *_missing(total),
        *(escape(line) for line in map(_rate, total.shares) if line),
        f"<i>{RULE}</i>",
    ]
    return "\n".join(parts)


def brief(total: TotalValue) -> str:
    """Show the sum alone, as prices in memory have it."""
    parts = [_head(total), *_missing(total)]
    tail = "At prices in memory; /portfolio asks for all of them."
    return "\n".join((*parts, f"<i>{tail}</i>"))


def _head(total: TotalValue) -> str:
    if total.value is not None:
        return f"{bold('All venues')} {bold(money(total.value, total.base))}"
    known = bold(money(total.known_value, total.base))
    return f"⚠ {bold('All venues')}: incomplete. Known of it: {known}"


def _missing(total: TotalValue) -> list[str]:
    """Name what is not in the sum, and what is in it without being proven."""
    doubtful = [each.status for each in total.venues if not each.status.verified]
    return [
        *(f"• not in it: {escape(line)}" for line in total.missing),
        *(f"• {escape(status.venue)} {escape(verdict(status))}" for status in doubtful),
    ]


def _part(share: VenueShare, total: TotalValue) -> str:
    """Say how much of the whole it is; nobody knows while a part of the whole is missing."""
    if share.value is None or not total.value:
        return UNKNOWN if share.value is None else "–"
    return f"{share.value / total.value * Decimal(100):.1f}%"


def _rate(share: VenueShare) -> str:
    """Say at what price a venue's own currency was converted, and whose price that is."""
    rate, valuation = share.rate, share.valuation
    if rate is None or valuation is None or not rate.via:
        return ""
    via = " and ".join(map(str, rate.via))
    return f"{share.venue}: 1 {valuation.base} = {shown_price(rate.value)}, {via} at {rate.venue}"
