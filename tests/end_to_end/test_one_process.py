"""One process a state directory; everybody else talks to it through the control socket."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
import pytest_asyncio

from tests.support.local_telegram import OWNER
from tests.support.running_bot import RunningBot, running_bot

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path_factory.mktemp("one")) as running:
        yield running


async def test_a_second_process_is_refused(bot: RunningBot) -> None:
    second = await bot.command("run")
    assert second.returncode == 1
    assert str(bot.process.pid) in second.said()
    assert "Traceback" not in second.said()
    assert bot.process.is_running


async def test_status_says_how_the_running_bot_is(bot: RunningBot) -> None:
    status = await bot.command("status")
    assert status.returncode == 0, status.said()
    assert "trading: active" in status.said()
    as_json = await bot.command("status", "--json")
    answer = json.loads("\n".join(as_json.lines))
    assert answer["details"]["healthy"] is True
    assert answer["details"]["trading"]["mode"] == "active"


async def test_halt_and_resume_reach_the_running_bot(bot: RunningBot) -> None:
    mark = await bot.telegram.mark()
    halted = await bot.command("halt")
    assert halted.returncode == 0, halted.said()
    told = await bot.telegram.wait_for("Trading is halted", after=mark, chat_id=OWNER)
    assert "command line" in told.text
    assert (bot.state / "HALT").exists()
    refused = await bot.command("resume")
    assert refused.returncode == 3, "nobody said yes"
    status = await bot.ask("/status", wanted="Trading is")
    assert "halted" in status.text
    resumed = await bot.command("resume", "--yes")
    assert resumed.returncode == 0, resumed.said()
    assert not (bot.state / "HALT").exists()
    status = await bot.ask("/status", wanted="Trading is")
    assert "active" in status.text


async def test_logs_are_those_of_the_running_bot(bot: RunningBot) -> None:
    await bot.ask("/verify USD 1", wanted="enough")
    logs = await bot.command("logs", "--level", "info")
    assert logs.returncode == 0
    assert "opened" in logs.said()
    none = await bot.command("logs", "--containing", "no line has these words")
    assert none.returncode == 0
    assert "opened" not in none.said()


async def test_a_backup_is_a_whole_database(bot: RunningBot) -> None:
    target = bot.folder / "copy.db"
    made = await bot.command("backup", str(target))
    assert made.returncode == 0, made.said()
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert copy.execute("SELECT count(*) FROM jobs").fetchone()[0] > 0
    again = await bot.command("backup", str(target))
    assert again.returncode == 1, "a file that exists is never written over"


async def test_prices_a_chart_and_its_candles_come_from_the_venue(bot: RunningBot) -> None:
    prices = await bot.ask("/price BTC NOPE ETH/USD", wanted="spread")
    assert "kraken does not list NOPE" in prices.text
    chart = await bot.ask("/chart BTC/USD 1m", wanted="1m candles")
    assert "candles of kraken, asked" in chart.text
    target = bot.folder / "btc.csv"
    made = await bot.command("candles", "BTC/USD", "--interval", "1m", "--csv", str(target))
    assert made.returncode == 0, made.said()
    rows = target.read_text().splitlines()
    assert rows[0] == "time,open,high,low,close,volume"
    assert len(rows) > 100


async def test_a_reload_answers_who_asked(bot: RunningBot) -> None:
    good = await bot.command("reload")
    assert good.returncode == 0, good.said()
    written = bot.config.read_text()
    bot.config.write_text(written.replace("owners", "ownerz"))
    bad = await bot.command("reload")
    bot.config.write_text(written)
    assert bad.returncode in (1, 2)
    assert "ownerz" in bad.said()


async def test_what_needs_a_running_bot_says_so_when_none_runs(bot: RunningBot) -> None:
    await bot.stop()
    try:
        status = await bot.command("status")
        assert status.returncode == 1
        assert "Traceback" not in status.said()
        halted = await bot.command("halt")
        assert halted.returncode == 0
        assert (bot.state / "HALT").exists()
        resumed = await bot.command("resume", "--yes")
        assert resumed.returncode == 0, resumed.said()
        assert not (bot.state / "HALT").exists()
        backup = await bot.command("backup", str(bot.folder / "offline.db"))
        assert backup.returncode == 0, backup.said()
    finally:
        await bot.start()
