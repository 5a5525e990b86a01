"""`python -m simulators.binance`: the local Binance as a process of its own."""

import asyncio
import signal
import sys
from collections.abc import Sequence

from simulators.binance.catalogue import UnknownListingError
from simulators.binance.options import Options, parse
from simulators.binance.venue import run
from simulators.clock import RealClock
from simulators.exchange.books import BooksInUseError
from simulators.market.candles import CandleFileError

EXPECTED = (BooksInUseError, UnknownListingError, CandleFileError, OSError)


async def serve(options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run(options, clock=RealClock(), stop=stop)


def main(arguments: Sequence[str]) -> int:
    try:
        asyncio.run(serve(parse(arguments)))
    except EXPECTED as error:
        print(f"local Binance: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
