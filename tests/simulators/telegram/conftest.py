"""A local Telegram on real sockets, and the real library talking to it."""

import random
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import aiohttp
import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from simulators.clock import RealClock
from simulators.telegram.options import read_options
from simulators.telegram.server import serving
from tests.support.local_telegram import ReachableTelegram


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[ReachableTelegram]:
    options = read_options(
        [
            *("--listen", "127.0.0.1:0"),
            *("--state", str(tmp_path / "telegram")),
            "--groups=-100500:Trading desk",
        ]
    )
    async with (
        serving(options, clock=RealClock(), dice=random.Random(1)) as endpoints,
        aiohttp.ClientSession() as session,
    ):
        yield ReachableTelegram(**asdict(endpoints), session=session)


@pytest.fixture
async def bot(local: ReachableTelegram) -> AsyncIterator[Bot]:
    made = make_bot(local)
    async with made:
        yield made


def make_bot(local: ReachableTelegram, *, token: str | None = None) -> Bot:
    """The library's own bot, unchanged but for the addresses."""
    return Bot(
        token or local.token,
        base_url=local.base_url,
        base_file_url=local.base_file_url,
        request=HTTPXRequest(connection_pool_size=8),
        get_updates_request=HTTPXRequest(connection_pool_size=8),
    )
