"""The real bot watched from outside: its health, its metrics, and a door that cannot open."""

import re
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from handlers.telegram.commands.table import GRAMMAR
from tests.support.http_door import Got, ask, free_port
from tests.support.local_telegram import OWNER
from tests.support.nursery import Nursery
from tests.support.promtool import promtool
from tests.support.running_bot import BotSettings, running_bot
from tests.support.shared import ROOT
from tests.support.waiting import eventually

TOKEN = "a-token-that-nobody-guesses"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def settings(listen: str) -> BotSettings:
    return BotSettings(
        http={"listen": f'"{listen}"', "token": f'"{TOKEN}"'}, venue={"timeout": '"2s"'}
    )


async def health_of(port: int) -> Got:
    """Ask; a door that is not open yet is one to wait for."""
    try:
        return await ask(port, "/health", headers=BEARER)
    except OSError as error:
        raise AssertionError(str(error)) from error


async def healthy(port: int) -> Got:
    async def look() -> Got:
        got = await health_of(port)
        assert got.status == 200, got.text
        return got

    return await eventually(look, every=0.2)


async def unhealthy(port: int, reason: str) -> Got:
    async def look() -> Got:
        got = await health_of(port)
        assert got.status == 503, got.text
        assert [each for each in got.json["reasons"] if each.startswith(reason)], got.text
        return got

    return await eventually(look, every=0.2)


async def test_a_door_opens_once_it_can_and_says_what_is_wrong_until_it_is_over(
    tmp_path: Path, nursery: Nursery
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        place = settings(f"127.0.0.1:{port}")
        async with running_bot(tmp_path, settings=place, nursery=nursery, started=False) as bot:
            await bot.kraken.stop()
            await bot.allow_trading()
            await bot.start()
            await bot.telegram.wait_for("cannot listen", 60, chat_id=OWNER)
            await bot.ask("/balance", wanted="unknown")
            taken.close()
            got = await unhealthy(port, "kraken balances: NOT verified")
            assert got.json["healthy"] is False

            await bot.kraken.restart()
            await bot.ask("/refresh", wanted="verified")
            assert (await healthy(port)).json["reasons"] == []

            file = bot.state / "steelyard.db"
            with closing(sqlite3.connect(file, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                await unhealthy(port, "database: ")
                assert (await ask(port, "/metrics", headers=BEARER)).status == 200
                other.execute("ROLLBACK")
            await healthy(port)

            await bot.ask("/halt", wanted="alted")
            await unhealthy(port, "trading: halted")


def label_values(page: Got, label: str) -> set[str]:
    return {dict(labels)[label] for _, labels in page.samples() if label in dict(labels)}


def documented() -> set[str]:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)`", text, re.MULTILINE)
    return {*rows, *re.findall(r"`((?:process|python)_\w+)`", text)}


async def test_the_page_of_metrics_is_what_is_documented_and_bounded(tmp_path: Path) -> None:
    port = free_port()
    async with running_bot(tmp_path, settings=settings(f"127.0.0.1:{port}")) as bot:
        await eventually(lambda: "http door open" in bot.log())
        await healthy(port)

        async def scrape() -> Got:
            return await ask(port, "/metrics", headers=BEARER)

        assert (await ask(port, "/metrics")).status == 401
        hostile = {**BEARER, "Host": "evil.example"}
        assert (await ask(port, "/metrics", headers=hostile)).status == 403
        assert (await ask(port, "/evil", headers=BEARER)).status == 404

        for text in ("/balance", '/evil"} 1', "/price EVIL-EVIL", "/balance evil", "/evil@evil"):
            await bot.ask(text, wanted=lambda each: each.chat_id == OWNER)

        async def has_streams() -> Got:
            got = await scrape()
            assert got.value("steelyard_stream_live", venue="kraken", stream="public") == 1
            return got

        page = await eventually(has_streams, every=0.2)
        typed: set[str] = set(re.findall(r"^# TYPE (\w+) ", page.text, re.MULTILINE))
        assert typed == documented()
        assert await promtool("check", "metrics", said=page.text) == ""

        assert "evil" not in page.text.lower()
        known = {*GRAMMAR.commands, *(each.name for each in GRAMMAR.actions.values())}
        assert label_values(page, "command") <= known
        assert label_values(page, "venue") == {"kraken"}
        count: Any = page.value("steelyard_commands_total", command="balance", outcome="done")
        assert count >= 1
        answered: Any = page.value(
            "steelyard_venue_calls_total",
            venue="kraken", endpoint="fetch_balances", outcome="answered",
        )  # fmt: skip
        assert answered >= 1
        assert page.value("steelyard_balance_verified", venue="kraken") == 1
        assert TOKEN not in bot.log()
