"""Whether candles may be used, how two answers are laid over each other, what is missing; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from trading.errors import PriceError, PriceFault
from trading.model.candles import CandleInterval, Gap, GapReason
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Candle


def check_candles(
    candles: Sequence[Candle],
    *,
    venue: VenueName,
    symbol: Symbol,
    interval: CandleInterval,
    now: datetime,
) -> None:
    """Raise PriceError unless they are whole, aligned, in order, and only the last one runs.

    One bad candle spoils the answer: whoever sent it may have garbled its neighbours too.
    """
    last = len(candles) - 1
    for place, candle in enumerate(candles):
        problem = _problem(candle, symbol, interval)
        if problem is None and place and candle.opened_at <= candles[place - 1].opened_at:
            problem = "it does not come after the one before it"
        if problem is None and not candle.is_closed and place < last:
            problem = "it still runs, though others follow"
        if problem is None and candle.opened_at > now + interval.length:
            problem = "it opens in the future"
        if problem is not None:
            raise PriceError(
                f"{venue}: the {interval} candle of {symbol} at {candle.opened_at:%Y-%m-%d %H:%M} "
                f"cannot be right: {problem}; none of this answer was used. It is asked for anew",
                fault=PriceFault.MALFORMED,
            )


def merge(known: Iterable[Candle], news: Iterable[Candle]) -> tuple[Candle, ...]:
    """Lay news over what is known, oldest first.

    What came later is right, but a running candle never takes the place of a closed one, and
    none but the last may still be running.
    """
    merged = {candle.opened_at: candle for candle in known}
    for candle in news:
        before = merged.get(candle.opened_at)
        if before is None or candle.is_closed or not before.is_closed:
            merged[candle.opened_at] = candle
    ordered = [merged[at] for at in sorted(merged)]
    return tuple(
        candle
        for candle in ordered
        if candle.is_closed or candle.opened_at == ordered[-1].opened_at
    )


def find_gaps(
    opened: Collection[datetime],
    *,
    interval: CandleInterval,
    start: datetime,
    end: datetime,
    known: Iterable[Gap] = (),
) -> tuple[Gap, ...]:
    """Return what is missing of the candles that open from `start` on and before `end`.

    All of them lie on moments at which a candle opens. A missing one takes its reason from the
    known gap that it lies in, the later of two; neighbours of one reason are one gap.
    """
    reasons = tuple(known)
    gaps: list[Gap] = []
    after = start
    for at in (*sorted(each for each in set(opened) if start <= each < end), end):
        if after < at:
            _split(gaps, after, at, reasons)
        after = at + interval.length
    return tuple(gaps)


def explain_gaps(
    missing: Iterable[Gap], answer: Sequence[Candle], *, reach: int | None
) -> tuple[Gap, ...]:
    """Return the gaps that an answer proves: the venue was asked for them and has none there.

    `missing` are the gaps that were asked for and are open still. Only what lies before the
    newest candle of the answer is proven: what follows may simply not have come yet. Where the
    venue goes back no further than `reach` and said that much, what lies before is out of reach.
    """
    if not answer:
        return ()
    first, newest = answer[0].opened_at, answer[-1].opened_at
    is_cut = reach is not None and len(answer) >= reach - 1
    proven = []
    for gap in missing:
        if gap.end > newest or gap.reason is not GapReason.NOT_YET:
            continue
        is_beyond = is_cut and gap.end <= first
        reason = GapReason.OUT_OF_REACH if is_beyond else GapReason.NO_TRADES
        proven.append(Gap(start=gap.start, end=gap.end, reason=reason))
    return tuple(proven)


def _split(gaps: list[Gap], start: datetime, end: datetime, known: tuple[Gap, ...]) -> None:
    """Add what is missing from start to end, cut where the reason for it changes."""
    edges = {edge for gap in known for edge in (gap.start, gap.end) if start < edge < end}
    cuts = (start, *sorted(edges), end)
    for here, there in pairwise(cuts):
        _append(gaps, Gap(start=here, end=there, reason=_reason(here, known)))


def _append(gaps: list[Gap], gap: Gap) -> None:
    before = gaps[-1] if gaps else None
    if before is not None and before.end == gap.start and before.reason is gap.reason:
        gaps[-1] = Gap(start=before.start, end=gap.end, reason=gap.reason)
    else:
        gaps.append(gap)


def _reason(at: datetime, known: tuple[Gap, ...]) -> GapReason:
    for gap in reversed(known):
        if gap.start <= at < gap.end:
            return gap.reason
    return GapReason.NOT_YET


def _problem(candle: Candle, symbol: Symbol, interval: CandleInterval) -> str | None:
    body = (candle.open, candle.close)
    amounts = (*body, candle.high, candle.low, candle.volume)
    if candle.symbol != symbol:
        return f"it is one of {candle.symbol}"
    if interval.start_of(candle.opened_at) != candle.opened_at:
        return f"it does not open on a whole {interval}"
    if not all(amount.is_finite() for amount in amounts):
        return "it holds something that is no number"
    if not 0 < candle.low <= min(body) <= max(body) <= candle.high:
        return (
            f"open {candle.open:f}, high {candle.high:f}, low {candle.low:f}, "
            f"close {candle.close:f} contradict each other"
        )
    if candle.volume < 0:
        return f"its volume is {candle.volume:f}"
    return None
