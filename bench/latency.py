"""How long /balance takes, and how much of that is ours: a bare bot is measured beside it.

All times are the local Telegram's own: from the moment it has an update to hand out to the
moment it has the answer. The bare bot (`bench.echo`) pays for the same library, the same server
and the same sockets; what /balance takes beyond its median is counted as ours: reading, the
commits of the inbox, the balances, the words, and every delay the machine puts on top.

A second bot, with an HTTP door and so with metrics, is asked in turn with both: what its answers
take longer is what counting costs. It is not scraped meanwhile; what a scrape takes is measured
for itself.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from bench.measures import Measure, milliseconds, quantile
from simulators.clock import Clock
from tests.support.http_door import ask
from tests.support.local_telegram import OWNER, LocalTelegram, running_local_telegram
from tests.support.processes import running
from tests.support.running_bot import BotSettings, running_bot

SAMPLES = 400
WARM_UP = 20
PAUSE_SECONDS = 0.04
"""Between two samples: below Telegram's thirty messages a second, which the bot keeps to."""
AIM_SECONDS = 0.005
METERED_AIM = 0.02
_SCRAPES = 20
_METERED = BotSettings(http={"listen": '"unix:http.sock"'})


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """Seconds from update to answer, of the bot and of the bare one, in turn."""

    ours: tuple[float, ...]
    bare: tuple[float, ...]
    metered: tuple[float, ...]
    """Of a bot that counts, sample by sample beside `ours`."""
    scrape_seconds: float

    @property
    def metering(self) -> float:
        """Return what counting adds, as a share: the middle of all pairs, against the middle."""
        pairs = zip(self.metered, self.ours, strict=True)
        return quantile([more - plain for more, plain in pairs], 0.5) / quantile(self.ours, 0.5)

    def own(self, share: float) -> float:
        """Return what is ours at this quantile: all beyond the bare bot's median."""
        return quantile(self.ours, share) - quantile(self.bare, 0.5)


async def measure(folder: Path, *, clock: Clock, samples: int = SAMPLES) -> Latencies:
    """Ask both in turn."""
    ours: list[float] = []
    bare: list[float] = []
    metered: list[float] = []
    beside = folder / "metered"
    await asyncio.to_thread(beside.mkdir)
    async with (
        running_bot(folder) as bot,
        running_bot(beside, settings=_METERED) as counting,
        running_local_telegram(folder / "bare") as other,
        running("-m", "bench.echo", other.api_url, other.token, ready=None),
    ):
        await other.until_polled(within=30.0)
        for each in (bot, counting):
            await each.ask("/balance", wanted="verified", within=30.0)
        asked = [(bot.telegram, ours), (counting.telegram, metered), (other, bare)]
        for number in range(WARM_UP + samples):
            asked[:2] = reversed(asked[:2])  # whoever comes second finds warmer caches
            for telegram, found in asked:
                seconds = await _ask(telegram)
                if number >= WARM_UP:
                    found.append(seconds)
            await clock.sleep(PAUSE_SECONDS)
        scrape = await _scrape(beside / "http.sock", clock)
    return Latencies(
        ours=tuple(ours), bare=tuple(bare), metered=tuple(metered), scrape_seconds=scrape
    )


async def _scrape(door: Path, clock: Clock) -> float:
    """Return how long a page of metrics takes, from a new connection to its last byte."""
    took = []
    for _ in range(_SCRAPES):
        began = clock.monotonic()
        assert (await ask(door, "/metrics")).status == HTTPStatus.OK
        took.append(clock.monotonic() - began)
    return quantile(took, 0.5)


async def _ask(telegram: LocalTelegram) -> float:
    mark = await telegram.mark()
    said = await telegram.say(OWNER, "/balance")
    shown = await telegram.wait_for(lambda each: each.event == "message", 10.0, after=mark)
    return shown.at - float(said["at"])


def rows(found: Latencies) -> Sequence[Measure]:
    """Return the rows of the table."""
    both = [
        Measure(
            name=f"/balance, update to answer, {name}",
            value=milliseconds(quantile(found.ours, share)),
            note=f"bare python-telegram-bot: {milliseconds(quantile(found.bare, share))}",
        )
        for name, share in (("p50", 0.5), ("p99", 0.99))
    ]
    own = found.own(0.99)
    return [
        *both,
        Measure(
            name="/balance, our own share, p50",
            value=milliseconds(found.own(0.5)),
            note="beyond the bare bot's median",
        ),
        Measure(
            name="/balance, our own share, p99",
            value=milliseconds(own),
            aim=f"< {milliseconds(AIM_SECONDS)}",
            fits=own < AIM_SECONDS,
            note=f"{len(found.ours)} samples, in turn with the bare bot",
        ),
        Measure(
            name="/balance, what counting adds, p50",
            value=f"{found.metering:+.1%}",
            aim=f"< {METERED_AIM:.0%}",
            fits=found.metering < METERED_AIM,
            note=f"{milliseconds(quantile(found.metered, 0.5))} with metrics, in turn, in pairs",
        ),
        Measure(
            name="a scrape of the metrics, p50",
            value=milliseconds(found.scrape_seconds),
            note="with its connection; nothing is asked of a venue",
        ),
    ]
