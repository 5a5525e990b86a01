"""Candles as a file on this machine, with a running bot or from the database alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from handlers.http.answers import Answer, CandleRequest, Outcome
from storage.candles import CandleRepository
from storage.database import Database
from trading.clock import Clock
from trading.errors import CommandError, PriceError
from trading.intents.chart import MOST_IN_A_FILE, CandleFile, as_file
from trading.intents.symbol_names import parse_name
from trading.market.candle_archive import CandleArchive
from trading.market.candles import CandleService
from trading.model.identifiers import Symbol, VenueName


async def write_candles(found: CandleFile, path: Path) -> Answer:
    """Write the file; one that is there already is never written over."""
    try:
        await asyncio.to_thread(_write, path, found.content)
    except FileExistsError:
        message = f"{path} exists already; nothing was written. Name a new file"
        return Answer(outcome=Outcome.FAILED, message=message)
    except OSError as error:
        message = f"{path} cannot be written ({error.strerror}); choose another place"
        return Answer(outcome=Outcome.FAILED, message=message)
    missing = sum(gap.count(found.interval) for gap in found.gaps)
    words = f"{len(found.candles)} candles of {found.symbol} at {found.venue} are in {path}"
    if missing:
        words += f"; {missing} between them are missing"
    if found.problem is not None:
        words += f"; only stored ones: {found.problem}"
    details = {"path": str(path), "candles": len(found.candles), "missing": missing}
    return Answer(outcome=Outcome.DONE, message=words, details=details)


async def stored_candles(
    database: Database, request: CandleRequest, venues: Sequence[VenueName], *, clock: Clock
) -> CandleFile:
    """Return what is stored at the first venue that has any; PriceError when none has."""
    symbol = parse_name(request.symbol)
    if not isinstance(symbol, Symbol):
        raise CommandError(
            f"{request.symbol} alone can mean several markets; no bot runs that could look it up. "
            f"Write it whole, such as {symbol}/USD"
        )
    archive = CandleArchive(store=CandleRepository(database=database))
    service = CandleService(adapters={}, archive=archive, clock=clock)
    length: timedelta = request.interval.length
    start = clock.now() - MOST_IN_A_FILE * length
    wanted = venues if request.venue is None else [VenueName(request.venue)]
    for venue in wanted:
        kept = await service.stored(venue, (symbol,), request.interval, start=start)
        if kept[symbol].candles:
            return as_file(kept[symbol], problem="no bot runs", now=clock.now())
    raise PriceError(f"no {request.interval} candles of {symbol} are stored; start the bot")


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
