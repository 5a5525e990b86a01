"""One of several processes that share an API key: draws, sends, waits, while its clock jumps."""

import asyncio
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path

from trading.clock import SystemClock
from trading.venues.nonce import NonceSource
from trading.venues.port import Priority
from trading.venues.turns import TurnQueue


class JumpingClock(SystemClock):
    """The real clock, but its wall time is stepped by up to an hour, mostly backwards."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._dice.uniform(-3600, 60))


async def work(path: Path, port: int, draws: int, seed: int) -> None:
    clock = JumpingClock(seed)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    turns = TurnQueue(
        venue="test",
        path=path.with_suffix(".turn"),
        clock=clock,
        patience_seconds=60,
        emergency_patience_seconds=1,
    )
    with NonceSource(path=path, clock=clock) as nonces, turns:

        async def send(count: int) -> None:
            for _ in range(count):
                async with turns.turn(Priority.ORDERS):
                    writer.write(b"%d\n" % nonces.draw())
                    await reader.readline()

        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(send(draws // 4))
    writer.close()
    await writer.wait_closed()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
