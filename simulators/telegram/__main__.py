"""`python -m simulators.telegram`: a Telegram of your own, for demos and tests."""

import asyncio
import random
import sys

from simulators.clock import RealClock
from simulators.telegram.options import read_options
from simulators.telegram.server import serve


def main() -> int:
    options = read_options(sys.argv[1:])
    try:
        asyncio.run(serve(options, clock=RealClock(), dice=random.Random()))
    except OSError as error:
        print(f"local Telegram: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
