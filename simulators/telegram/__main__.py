"""`python -m simulators.telegram`: a Telegram of your own, for demos and tests."""

import asyncio
import random
import sys

from simulators.clock import RealClock
from simulators.telegram.options import read_options
from simulators.telegram.server import serve


def main() -> None:
    asyncio.run(serve(read_options(sys.argv[1:]), clock=RealClock(), dice=random.Random()))


if __name__ == "__main__":
    main()
