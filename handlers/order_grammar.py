"""Words to an order by hand: forgiving where there is one meaning, clear where there are two.

/buy BTC 0.01              so much of the asset
/buy 0.01 btc              the same
/buy BTC 100 USD           spend so much
/sell ETH all, ETH 50%     of what is free
/buy ETH/BTC 2             against another currency; ETH-BTC too
… limit 60000 [gtc|ioc]    at this price or better
… kraken                   at that venue
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from handlers.parsing import nearest, parse_amount, parse_asset
from trading.errors import NotUnderstood
from trading.intents.manual_model import ManualRequest, Size
from trading.model.identifiers import Asset, VenueName
from trading.model.instrument import Side
from trading.model.order import TimeInForce

T = TypeVar("T")

_NUMBER = re.compile(r"[+-]?[\d.,_']+(?:[eE][+-]?\d+)?")
_NUMBER_AND_UNIT = re.compile(r"([\d.,]+)([A-Za-z][A-Za-z0-9]*)")
_PERCENT = re.compile(r"([+-]?[\d.,]+)%")
_SCIENTIFIC = re.compile(r"[eE]\d+")
_ALL = frozenset({"all", "max", "everything"})
_STYLES = {"gtc": TimeInForce.GTC, "ioc": TimeInForce.IOC}
_PAIR = re.compile(r"([A-Za-z0-9.]+)[/-]([A-Za-z0-9.]+)")


@dataclass(slots=True)
class _Heard:
    """What the words said so far."""

    amount: Decimal | None = None
    fraction: Decimal | None = None
    unit: str | None = None
    assets: list[str] = field(default_factory=list)
    venue: VenueName | None = None
    limit: Decimal | None = None
    style: TimeInForce | None = None
    amount_was_last: bool = False

    @property
    def has_size(self) -> bool:
        return self.amount is not None or self.fraction is not None


def parse_order(side: Side, words: Sequence[str], venues: Sequence[VenueName]) -> ManualRequest:
    """Read the words after /buy or /sell; NotUnderstood says what is wrong with them."""
    heard = _Heard()
    waiting = list(words)
    while waiting:
        _take(waiting, heard, venues)
    if not heard.has_size:
        raise NotUnderstood(
            f"How much? Nothing was done. Such as /{side} BTC 0.01, /{side} BTC 100 USD or "
            f"/{side} BTC 50%"
        )
    if heard.style is not None and heard.limit is None and heard.style is TimeInForce.GTC:
        raise NotUnderstood(
            "An order that stays in the book needs its price: limit PRICE gtc. Nothing was done."
        )
    base, quote = _what(heard, venues)
    unit = None if heard.unit is None else parse_asset(heard.unit)
    return ManualRequest(
        venue=_venue(heard, venues),
        side=side,
        base=base,
        quote=quote if quote is not None else _spent_currency(base, unit),
        size=Size(amount=heard.amount, unit=unit, fraction=heard.fraction),
        limit_price=heard.limit,
        time_in_force=heard.style,
    )


def _take(waiting: list[str], heard: _Heard, venues: Sequence[VenueName]) -> None:
    """Take the next word, and the one after it where they belong together."""
    word = waiting.pop(0)
    low = word.lower()
    follows_amount, heard.amount_was_last = heard.amount_was_last, False
    venue = _venue_called(low, venues)
    if low == "limit" or (low.startswith("@") and low != "@"):
        _take_limit(word, waiting, heard)
    elif low in _STYLES:
        heard.style = _once(heard.style, _STYLES[low], "gtc or ioc")
    elif low in _ALL or (_is_size(word) and not _is_asset_with_digits(word, waiting, heard)):
        _take_size(word, waiting, heard)
    elif venue is not None:
        heard.venue = _once(heard.venue, venue, "the venue")
    elif follows_amount and (heard.assets or _another_asset_follows(waiting, venues)):
        heard.unit = _once(heard.unit, word, "the currency of the amount")
    else:
        heard.assets.append(word)


def _take_limit(word: str, waiting: list[str], heard: _Heard) -> None:
    if word.startswith("@"):
        text = word[1:]
    elif waiting:
        text = waiting.pop(0)
    else:
        raise NotUnderstood("limit needs a price after it: limit 60000. Nothing was done.")
    heard.limit = _once(heard.limit, parse_amount(text), "the limit")


def _take_size(word: str, waiting: list[str], heard: _Heard) -> None:
    if heard.has_size:
        raise NotUnderstood(
            f"There are two amounts, {word!r} is the second. Nothing was done. A price is "
            "written limit PRICE."
        )
    if word.lower() in _ALL:
        heard.fraction = Decimal(1)
        return
    percent = _PERCENT.fullmatch(word)
    if percent is None and waiting and waiting[0] == "%":
        waiting.pop(0)
        percent = _PERCENT.fullmatch(f"{word}%")
    if percent is not None:
        heard.fraction = _fraction(percent[1])
        return
    glued = None if _SCIENTIFIC.search(word) else _NUMBER_AND_UNIT.fullmatch(word)
    if glued is None:
        heard.amount, heard.amount_was_last = parse_amount(word), True
        return
    heard.amount, heard.unit = parse_amount(glued[1]), glued[2]


def _fraction(text: str) -> Decimal:
    percent = parse_amount(text)
    if percent > 100:  # noqa: PLR2004 - of a hundred
        raise NotUnderstood(f"{text}% is more than all there is. Nothing was done.")
    return percent / 100


def _is_size(word: str) -> bool:
    starts_as_number = re.match(r"[+-]?[\d.,]", word) is not None
    return starts_as_number and any(
        pattern.fullmatch(word) for pattern in (_NUMBER, _NUMBER_AND_UNIT, _PERCENT)
    )


def _is_asset_with_digits(word: str, waiting: Sequence[str], heard: _Heard) -> bool:
    """True for 1INCH in `1INCH 5`: the amount is still to come."""
    if heard.assets or heard.has_size or _NUMBER_AND_UNIT.fullmatch(word) is None:
        return False
    before = ("", *waiting)
    return any(
        (later.lower() in _ALL or _is_size(later)) and earlier.lower() != "limit"
        for earlier, later in zip(before, waiting, strict=False)
    )


def _another_asset_follows(waiting: Sequence[str], venues: Sequence[VenueName]) -> bool:
    """True where what comes next can only be what is traded: `100 USD BTC`."""
    for word in waiting:
        low = word.lower()
        if low == "limit" or low.startswith("@"):
            return False
        is_other = low in _STYLES or low in _ALL or _is_size(word)
        if not is_other and _venue_called(low, venues) is None:
            return True
    return False


def _what(heard: _Heard, venues: Sequence[VenueName]) -> tuple[Asset, Asset | None]:
    """Return what is traded, and against what where that was said."""
    words = heard.assets
    if not words and heard.unit is not None:
        words, heard.unit = [heard.unit], None  # "0.01btc": what is counted is what is traded
    if not words:
        raise NotUnderstood("Which asset? Nothing was done. Such as BTC, or ETH/BTC.")
    if len(words) > 1:
        near = nearest(words[1], (*venues, *_STYLES, "limit", "all"))
        hint = f" Did you mean {near}?" if near else ""
        raise NotUnderstood(f"I do not understand {words[1]!r} here. Nothing was done.{hint}")
    pair = _PAIR.fullmatch(words[0])
    if pair is None:
        return parse_asset(words[0]), None
    base, quote = parse_asset(pair[1]), parse_asset(pair[2])
    if base == quote:
        raise NotUnderstood(f"{words[0]!r} is an asset against itself. Nothing was done.")
    return base, quote


def _spent_currency(base: Asset, unit: Asset | None) -> Asset | None:
    """`BTC 100 EUR` means the pair with the euro; `BTC 0.01 BTC` says nothing of a currency."""
    return unit if unit is not None and unit != base else None


def _venue(heard: _Heard, venues: Sequence[VenueName]) -> VenueName:
    if heard.venue is not None:
        return heard.venue
    if len(venues) == 1:
        return venues[0]
    known = ", ".join(venues) or "none"
    raise NotUnderstood(f"At which venue? Nothing was done. There are: {known}.")


def _venue_called(low: str, venues: Sequence[VenueName]) -> VenueName | None:
    return next((venue for venue in venues if venue.lower() == low), None)


def _once(before: T | None, now: T, what: str) -> T:
    if before is not None:
        raise NotUnderstood(f"{what} is there twice. Nothing was done.")
    return now
