"""Candles of many symbols at once: remembered, asked for where they are missing, written down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from trading.clock import Clock
from trading.errors import PriceError, StorageError, VenueError
from trading.market.batches import SharedBatches
from trading.market.candle_archive import CandleArchive, Kept
from trading.market.candle_checks import check_candles, explain_gaps, find_gaps, merge
from trading.market.candle_memory import CandleMemory, SeriesKey
from trading.market.price_checks import fault_of
from trading.model.candles import CandleInterval, CandleSeries, CandleSource, Gap, GapReason
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Candle
from trading.venues.port import VenueAdapter

_log = logging.getLogger(__name__)

MOST_CANDLES = 1000
"""So many at most are asked for at once."""
_CALL_SECONDS = 45.0

Answers = Mapping[Symbol, CandleSeries | PriceError]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """About many symbols; equal ones under way share their answers."""

    venue: VenueName
    interval: CandleInterval
    start: datetime


class CandleService:
    """The one place that asks venues for candles.

    Only what is missing is asked for: gaps, and what came after the last one that is known.
    """

    def __init__(
        self,
        *,
        adapters: Mapping[VenueName, VenueAdapter],
        archive: CandleArchive,
        clock: Clock,
        memory: CandleMemory | None = None,
    ) -> None:
        """Start with nothing in memory; what is written down is read when it is asked for."""
        self._adapters = dict(adapters)
        self._archive = archive
        self._clock = clock
        self._memory = memory or CandleMemory(clock=clock)
        self._batches: SharedBatches[_Question, Symbol, CandleSeries | PriceError]
        self._batches = SharedBatches()
        self._asked: dict[SeriesKey, float] = {}

    async def series(
        self, venue: VenueName, symbol: Symbol, interval: CandleInterval, *, count: int = 200
    ) -> CandleSeries:
        """Return one series; raises PriceError when it cannot be had."""
        answer = (await self.many(venue, (symbol,), interval, count=count))[symbol]
        if isinstance(answer, PriceError):
            raise answer
        return answer

    async def many(
        self,
        venue: VenueName,
        symbols: Collection[Symbol],
        interval: CandleInterval,
        *,
        count: int = 200,
        max_age_seconds: float | None = None,
    ) -> Answers:
        """Return the last `count` candles, or the reason why not, for each symbol.

        The running candle is one of them, the last, where the venue shows it. A symbol fails
        alone. An answer is used again for a few seconds (a minute for long intervals) unless
        `max_age_seconds` says otherwise, and never past the end of its running candle.
        """
        question = self._question(venue, interval, count)
        answers: dict[Symbol, CandleSeries | PriceError] = {}
        missing: list[Symbol] = []
        for symbol in dict.fromkeys(symbols):
            key = (venue, symbol, interval)
            self._asked[key] = self._clock.monotonic()
            known = self._memory.get(key, question.start, max_age_seconds=max_age_seconds)
            if known is None:
                missing.append(symbol)
            else:
                answers[symbol] = known
        if missing:
            answers |= await self._batches.get(
                question, missing, lambda symbols: self._fetch(question, symbols)
            )
        return answers

    async def refresh(
        self,
        venue: VenueName,
        symbols: Collection[Symbol],
        interval: CandleInterval,
        *,
        count: int,
    ) -> Answers:
        """Ask now for what is missing among the last `count`, on nobody's behalf."""
        question = self._question(venue, interval, count)
        return await self._batches.get(
            question, symbols, lambda symbols: self._fetch(question, symbols)
        )

    async def stored(
        self,
        venue: VenueName,
        symbols: Collection[Symbol],
        interval: CandleInterval,
        *,
        start: datetime,
    ) -> Mapping[Symbol, CandleSeries]:
        """Return what is written down from `start` on; asks no venue, to be shown only."""
        question = _Question(venue=venue, interval=interval, start=interval.first_from(start))
        kept = await self._archive.load(venue, symbols, interval, start=question.start)
        return {symbol: self._from_store(question, symbol, kept[symbol]) for symbol in kept}

    async def lacking(
        self,
        venue: VenueName,
        symbols: Collection[Symbol],
        interval: CandleInterval,
        *,
        count: int,
    ) -> Mapping[Symbol, int]:
        """Return how many closed candles of the last `count` could be had and are not kept."""
        question = self._question(venue, interval, count)
        end = interval.start_of(self._clock.now())
        kept = await self._archive.opened(venue, symbols, interval, start=question.start)
        return {
            symbol: sum(
                gap.count(interval)
                for gap in find_gaps(
                    opened, interval=interval, start=question.start, end=end, known=gaps
                )
                if gap.reason is GapReason.NOT_YET
            )
            for symbol, (opened, gaps) in kept.items()
        }

    def age_seconds(self, series: CandleSeries) -> float:
        """Return the age of a series on the monotonic clock."""
        return series.age_seconds(self._clock.monotonic())

    def asked_within(self, seconds: float) -> tuple[SeriesKey, ...]:
        """Return the series that somebody has asked for lately."""
        since = self._clock.monotonic() - seconds
        self._asked = {key: at for key, at in self._asked.items() if at >= since}
        return tuple(self._asked)

    def _question(self, venue: VenueName, interval: CandleInterval, count: int) -> _Question:
        if not 1 <= count <= MOST_CANDLES:
            raise ValueError(f"count was {count}; it must be from 1 to {MOST_CANDLES}")
        start = interval.start_of(self._clock.now()) - (count - 1) * interval.length
        return _Question(venue=venue, interval=interval, start=start)

    # --- asking ---------------------------------------------------------------------------------

    async def _fetch(self, question: _Question, symbols: Collection[Symbol]) -> Answers:
        kept = await self._load(question, symbols)
        seconds = _CALL_SECONDS + len(symbols)  # the call limit may have to spread them out
        async with asyncio.TaskGroup() as group:
            tasks = {
                symbol: group.create_task(self._ask(question, symbol, kept[symbol], seconds))
                for symbol in symbols
            }
        news: dict[Symbol, Kept] = {}
        answers: dict[Symbol, CandleSeries | PriceError] = {}
        for symbol, task in tasks.items():
            result = task.result()
            if isinstance(result, PriceError):
                answers[symbol] = result
            else:
                answers[symbol], news[symbol] = result
        await self._save(question, news)
        return answers

    async def _ask(
        self, question: _Question, symbol: Symbol, kept: Kept, seconds: float
    ) -> tuple[CandleSeries, Kept] | PriceError:
        """Return the whole series, and what of it is to be written down."""
        interval, adapter = question.interval, self._adapters[question.venue]
        now = self._clock.now()
        running = interval.start_of(now)
        wanted = _open(_gaps(question, kept.candles, running, kept.gaps))
        since = wanted[0].start if wanted else running
        try:
            async with asyncio.timeout(seconds):
                fetched = await adapter.fetch_candles(
                    symbol, interval=interval.length, since=since
                )
            check_candles(fetched, venue=question.venue, symbol=symbol, interval=interval, now=now)
        except (VenueError, TimeoutError, PriceError) as error:
            return _no_candles(question, symbol, error)
        whole = merge(kept.candles, fetched)
        still = _open(_gaps(question, whole, running, kept.gaps))
        proven = explain_gaps(still, fetched, reach=adapter.traits.candle_reach)
        known = Kept(candles=whole, gaps=(*kept.gaps, *proven))
        series = self._series(question, symbol, known, until=running)
        self._memory.put(series, question.start)
        before = {candle.opened_at: candle for candle in kept.candles}
        fresh = tuple(each for each in fetched if before.get(each.opened_at) != each)
        return series, Kept(candles=fresh, gaps=proven)

    def _series(
        self, question: _Question, symbol: Symbol, known: Kept, *, until: datetime
    ) -> CandleSeries:
        return CandleSeries(
            venue=question.venue,
            symbol=symbol,
            interval=question.interval,
            candles=known.candles,
            gaps=_gaps(question, known.candles, until, known.gaps),
            source=CandleSource.EXCHANGE,
            as_of=self._clock.now(),
            as_of_monotonic=self._clock.monotonic(),
        )

    # --- what is written down -------------------------------------------------------------------

    def _from_store(self, question: _Question, symbol: Symbol, kept: Kept) -> CandleSeries:
        """Its age is that of its newest candle's end: nothing is known of later."""
        now = self._clock.now()
        length = question.interval.length
        as_of = min(now, kept.candles[-1].opened_at + length) if kept.candles else question.start
        return CandleSeries(
            venue=question.venue,
            symbol=symbol,
            interval=question.interval,
            candles=kept.candles,
            gaps=_gaps(question, kept.candles, question.interval.start_of(now), kept.gaps),
            source=CandleSource.STORED,
            as_of=as_of,
            as_of_monotonic=self._clock.monotonic() - (now - as_of).total_seconds(),
        )

    async def _load(
        self, question: _Question, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Kept]:
        """Take what memory has, however old, else read the store; if it fails, ask for all."""
        kept: dict[Symbol, Kept] = {}
        for symbol in symbols:
            key = (question.venue, symbol, question.interval)
            series = self._memory.held(key, question.start)
            if series is not None:
                gaps = tuple(gap for gap in series.gaps if gap.reason is not GapReason.NOT_YET)
                kept[symbol] = Kept(candles=series.closed, gaps=gaps)
        unknown = [symbol for symbol in symbols if symbol not in kept]
        if not unknown:
            return kept
        try:
            return kept | dict(
                await self._archive.load(
                    question.venue, unknown, question.interval, start=question.start
                )
            )
        except StorageError as error:
            _log.warning("candles not read, asking for all reason=%s", error)
            return kept | dict.fromkeys(unknown, Kept())

    async def _save(self, question: _Question, news: Mapping[Symbol, Kept]) -> None:
        """Write down what is new; while that fails, it is asked for again another time."""
        try:
            await self._archive.save(question.venue, question.interval, news)
        except StorageError as error:
            _log.warning("candles not written down reason=%s", error)


def _gaps(
    question: _Question, candles: Collection[Candle], end: datetime, known: Collection[Gap]
) -> tuple[Gap, ...]:
    opened = [candle.opened_at for candle in candles]
    return find_gaps(
        opened, interval=question.interval, start=question.start, end=end, known=known
    )


def _open(gaps: Collection[Gap]) -> list[Gap]:
    return [gap for gap in gaps if gap.reason is GapReason.NOT_YET]


def _no_candles(question: _Question, symbol: Symbol, error: Exception) -> PriceError:
    if isinstance(error, PriceError):
        return error
    why = str(error) or f"{question.venue} did not answer in time"
    return PriceError(f"no {question.interval} candles of {symbol}: {why}", fault=fault_of(error))
