"""Whether a price may be used: not stale, not crossed, not jumped; pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from trading.errors import PriceError, PriceFault, VenueProtocolError, VenueRejected
from trading.model.market_data import Book, Price


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLimits:
    """What a price must keep to."""

    max_age_seconds: float = 5.0
    """Older ones are asked for anew, and never traded on."""
    quiet_seconds: float = 300.0
    """The last word of a live stream is shown and valued with for so long before we ask."""
    max_jump_fraction: Decimal = Decimal("0.2")
    """A price this far from the last one needs a second look that agrees with it."""
    jump_window_seconds: float = 300.0
    """A last price older than this says nothing about jumps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTrack:
    """What is remembered of one symbol: the last good price, and one that jumped."""

    good: Price | None = None
    jumped: Price | None = None


def follow(track: PriceTrack, price: Price, limits: PriceLimits) -> PriceTrack:
    """Return the track after a new price: it is either good now, or waits as jumped.

    A real crash must not lock prices out for good: a later price that agrees with the one that
    jumped is good.
    """
    reference = track.good
    if reference is None or _is_old(reference, price, limits):
        return PriceTrack(good=price)
    if _apart(reference, price) <= limits.max_jump_fraction:
        return PriceTrack(good=price)
    pending = track.jumped
    agrees = (
        pending is not None
        and pending.as_of_monotonic < price.as_of_monotonic
        and _apart(pending, price) <= limits.max_jump_fraction
    )
    return PriceTrack(good=price) if agrees else PriceTrack(good=reference, jumped=price)


def jump_error(track: PriceTrack) -> PriceError:
    """Say what is wrong with a price that jumped."""
    good, jumped = track.good, track.jumped
    if good is None or jumped is None:
        return PriceError("there is no usable price")
    return PriceError(
        f"{jumped.venue}: {jumped.symbol} jumped from {good.value:f} to {jumped.value:f}; it is "
        "not used until a second look agrees: ask again",
        fault=PriceFault.JUMPED,
    )


def check_age(price: Price, monotonic: float, limits: PriceLimits) -> PriceError | None:
    """Say when a price is too old to be used."""
    age = monotonic - price.as_of_monotonic
    if age <= limits.max_age_seconds:
        return None
    return PriceError(
        f"{price.venue}: the price of {price.symbol} is {age:.0f} s old, the limit is "
        f"{limits.max_age_seconds:g} s; it is not used",
        fault=PriceFault.STALE,
    )


def check_book(book: Book, monotonic: float, limits: PriceLimits) -> PriceError | None:
    """Say why a book gives no price; None when it does."""
    name = f"{book.venue}: the book of {book.symbol}"
    if not book.bids or not book.asks:
        words = f"{name} is empty on one side; it gives no price"
        return PriceError(words, fault=PriceFault.EMPTY)
    if book.is_crossed:
        bid, ask = book.bids[0].price, book.asks[0].price
        words = f"{name} is crossed (bid {bid:f}, ask {ask:f}); it gives no price"
        return PriceError(words, fault=PriceFault.CROSSED)
    if book.bids[0].price <= 0:
        words = f"{name} has a bid of {book.bids[0].price:f}; it gives no price"
        return PriceError(words, fault=PriceFault.MALFORMED)
    age = book.age_seconds(monotonic)
    if age > limits.max_age_seconds:
        return PriceError(
            f"{name} is {age:.0f} s old, the limit is {limits.max_age_seconds:g} s; not used",
            fault=PriceFault.STALE,
        )
    return None


def fault_of(error: Exception | None) -> PriceFault:
    """Return what a venue's failure means for whoever wanted a price; None: no word of it."""
    if isinstance(error, VenueRejected):
        return PriceFault.UNLISTED
    if isinstance(error, VenueProtocolError):
        return PriceFault.MALFORMED
    return PriceFault.UNAVAILABLE


def _is_old(reference: Price, price: Price, limits: PriceLimits) -> bool:
    return price.as_of_monotonic - reference.as_of_monotonic > limits.jump_window_seconds


def _apart(one: Price, other: Price) -> Decimal:
    """Return how far apart two prices are, as a fraction of the smaller one."""
    low, high = sorted((one.value, other.value))
    return high / low - 1
