"""A local Telegram in a process of its own, and the real library talking to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from tests.support.local_telegram import LocalTelegram, running_local_telegram


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[LocalTelegram]:
    async with running_local_telegram(
        tmp_path / "telegram", groups="-100500:Trading desk"
    ) as telegram:
        yield telegram


@pytest.fixture
async def bot(local: LocalTelegram) -> AsyncIterator[Bot]:
    made = make_bot(local)
    async with made:
        yield made


def make_bot(local: LocalTelegram) -> Bot:
    """The library's own bot, unchanged but for the addresses."""
    return Bot(
        local.token,
        base_url=local.base_url,
        base_file_url=local.base_file_url,
        request=HTTPXRequest(connection_pool_size=8),
        get_updates_request=HTTPXRequest(connection_pool_size=8),
    )
