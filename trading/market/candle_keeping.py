"""Keeps candles whole without being asked: what is watched by the hour, and what was looked at."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import groupby

from trading.clock import Clock
from trading.errors import PriceError, PriceFault, SteelyardError
from trading.market.candle_memory import SeriesKey
from trading.market.candles import MOST_CANDLES, Answers, CandleService
from trading.model.candles import CandleInterval, CandleSeries, GapReason
from trading.model.identifiers import Symbol, VenueName

_log = logging.getLogger(__name__)

_LOOKED_AT_SECONDS = 86_400.0
_SERIES_A_RUN = 30
"""Of each venue: a gap that waits a few minutes harms nobody, a used up call limit does."""

Wishes = Callable[[VenueName], Awaitable[Collection[Symbol]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FillReport:
    """What one run did."""

    asked: int
    whole: int
    """Series that lack nothing any more that could still be had."""
    missing: int
    """Candles of the others, still to be filled."""
    unfillable: int
    """Candles that the venues have none of, or none any more."""
    problems: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in one line."""
        words = f"{self.asked} series asked for, {self.whole} whole"
        if self.missing:
            words += f", {self.missing} candles still missing"
        if self.unfillable:
            words += f", {self.unfillable} that no venue has"
        return "; ".join((words, *self.problems))


class CandleKeeper:
    """Finds gaps in what is written down and has them filled, a few series a run.

    Kept are hourly candles of every symbol that is wished for, and any series that somebody asked
    for within a day. The series that waited longest goes first.
    """

    def __init__(
        self,
        *,
        service: CandleService,
        venues: Collection[VenueName],
        wishes: Wishes,
        clock: Clock,
        depth: int = MOST_CANDLES,
    ) -> None:
        """`wishes` says whose prices matter now; `depth` is how many candles back it looks."""
        self._service = service
        self._venues = tuple(venues)
        self._wishes = wishes
        self._clock = clock
        self._depth = depth
        self._tried: dict[SeriesKey, float] = {}
        self._refused: dict[SeriesKey, float] = {}
        """What a venue does not have; asked for again after a day."""

    async def run(self) -> FillReport:
        """Fill once; what fails is said and comes again, what waits is not forgotten."""
        asked: list[CandleSeries] = []
        problems: list[str] = []
        for venue in self._venues:
            for interval, symbols in await self._due(venue, problems):
                answers = await self._service.refresh(venue, symbols, interval, count=self._depth)
                failed = [each for each in answers.values() if isinstance(each, PriceError)]
                self._note_refused(venue, interval, answers)
                asked += [each for each in answers.values() if isinstance(each, CandleSeries)]
                problems += [str(each) for each in failed[:1]]
                if len(failed) > 1:
                    problems.append(f"{len(failed) - 1} more like it at {venue}")
        lacking = [_missing(each, GapReason.NOT_YET) for each in asked]
        return FillReport(
            asked=len(asked),
            whole=lacking.count(0),
            missing=sum(lacking),
            unfillable=sum(
                _missing(each, GapReason.NO_TRADES) + _missing(each, GapReason.OUT_OF_REACH)
                for each in asked
            ),
            problems=tuple(problems),
        )

    async def _due(
        self, venue: VenueName, problems: list[str]
    ) -> list[tuple[CandleInterval, list[Symbol]]]:
        """Return what lacks something, the longest waiting first, by interval."""
        try:
            keys = await self._kept(venue)
            lacking = await self._lacking(venue, keys)
        except SteelyardError as error:
            _log.info("candles not looked through venue=%s reason=%s", venue, error)
            problems.append(str(error))
            return []
        lacking.sort(key=lambda key: self._tried.get(key, 0.0))
        due = lacking[:_SERIES_A_RUN]
        self._tried = {
            key: at for key, at in self._tried.items() if key[0] != venue or key in keys
        }
        self._tried |= dict.fromkeys(due, self._clock.monotonic())
        return _by_interval(due)

    async def _kept(self, venue: VenueName) -> set[SeriesKey]:
        wished = {(venue, symbol, CandleInterval.HOUR) for symbol in await self._wishes(venue)}
        looked_at = self._service.asked_within(_LOOKED_AT_SECONDS)
        kept = wished | {key for key in looked_at if key[0] == venue}
        since = self._clock.monotonic() - _LOOKED_AT_SECONDS
        self._refused = {key: at for key, at in self._refused.items() if at >= since}
        return kept - self._refused.keys()

    def _note_refused(self, venue: VenueName, interval: CandleInterval, answers: Answers) -> None:
        for symbol, answer in answers.items():
            if isinstance(answer, PriceError) and answer.fault is PriceFault.UNLISTED:
                self._refused[venue, symbol, interval] = self._clock.monotonic()

    async def _lacking(self, venue: VenueName, keys: Collection[SeriesKey]) -> list[SeriesKey]:
        found = []
        for interval, symbols in _by_interval(keys):
            lacking = await self._service.lacking(venue, symbols, interval, count=self._depth)
            found += [(venue, symbol, interval) for symbol, count in lacking.items() if count]
        return found


def _by_interval(keys: Iterable[SeriesKey]) -> list[tuple[CandleInterval, list[Symbol]]]:
    ordered = sorted(keys, key=lambda key: key[2])
    return [
        (interval, [symbol for _, symbol, _ in group])
        for interval, group in groupby(ordered, key=lambda key: key[2])
    ]


def _missing(series: CandleSeries, reason: GapReason) -> int:
    return sum(gap.count(series.interval) for gap in series.gaps if gap.reason is reason)
