"""What an owner calls a market: an asset such as BTC or a symbol such as BTC/USD."""

from __future__ import annotations

from collections.abc import Collection

from trading.errors import NotUnderstood
from trading.model.identifiers import Asset, Symbol, asset
from trading.portfolio.valuation import HUBS, find_route


def parse_name(text: str) -> Asset | Symbol:
    """Read what was typed; raises NotUnderstood when it is neither."""
    try:
        return Symbol.parse(text) if "/" in text else asset(text)
    except ValueError as error:
        raise NotUnderstood(f"{error}; try BTC or BTC/USD") from error


def find_listed(
    wanted: Asset | Symbol, listed: Collection[Symbol], base: Asset | None
) -> Symbol | None:
    """Find what a venue lists for it: as asked, the other way round, or by an asset alone.

    An asset alone is priced in `base` where that is listed, else in what is most traded.
    """
    if isinstance(wanted, Symbol):
        inverse = Symbol(wanted.quote, wanted.base)
        return next((symbol for symbol in (wanted, inverse) if symbol in listed), None)
    for quote in (base, *HUBS):
        if quote is None or quote == wanted:
            continue
        route = find_route(wanted, quote, listed, hubs=())
        if route:
            return route[0].symbol
    return next((symbol for symbol in sorted(listed) if symbol.base == wanted), None)
