"""`bot.py demo`: five processes that find one another, and a bot that comes back when killed."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.bot_database import BotDatabase
from tests.support.local_telegram import OWNER, LocalTelegram
from tests.support.processes import Child, free_port, running, wait_for_exit
from tests.support.waiting import eventually


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    child: Child
    telegram: LocalTelegram
    launcher: str
    session: aiohttp.ClientSession
    database: BotDatabase

    async def bot(self, action: str = "state", *, origin: str | None = None) -> dict[str, Any]:
        """Ask the launcher for the bot's process, or to hurt it."""
        method = "GET" if action == "state" else "POST"
        headers = {} if origin is None else {"Origin": origin}
        url = f"{self.launcher}/{action}"
        async with self.session.request(method, url, headers=headers) as answer:
            if answer.status != 200:
                return {"status": answer.status}
            state: dict[str, Any] = await answer.json()
            return state


async def test_the_demo_starts_and_its_bot_outlives_every_hurt(tmp_path: Path) -> None:
    async with running_demo(tmp_path / "demo") as demo:
        await demo.telegram.say(OWNER, "/balance")
        shown = await demo.telegram.wait_for("verified")
        assert "exchange" in shown.text or "stream" in shown.text
        for word in ("All venues", "kraken", "binance"):
            assert word in shown.text
        await _is_killed_and_comes_back(demo)
        await _is_stopped_until_started(demo)
        await _reloads(demo)
        refused = await demo.bot("kill", origin="http://evil.example")
        assert refused == {"status": 403}
        pid = (await demo.bot())["pid"]
        assert await demo.child.terminate() == 0
        wait_for_exit(pid)
    config = tmp_path / "demo" / "config.toml"
    assert config.stat().st_mode & 0o777 == 0o600


async def test_on_paper_both_venues_keep_their_accounts_as_they_are(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    async with running_demo(root, "--paper") as demo:
        await demo.telegram.say(OWNER, "/balance")
        shown = await demo.telegram.wait_for("All venues", 20)
        assert shown.text.startswith("PAPER")
        for asset in ("BNB", "ADA"):
            assert asset in shown.text, "the account on paper begins as the venue's own"
        written = (root / "config.toml").read_text()
        assert 'mode = "paper"' in written
        assert "secret" not in written, "no key is given, so no account can be reached"


async def test_a_kept_demo_goes_on_where_it_was(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    async with running_demo(root) as demo:
        await demo.telegram.say(OWNER, "/halt enough for today")
        await demo.telegram.wait_for("Trading is halted")
    async with running_demo(root) as demo:
        assert demo.database.started() == 2
        mark = await demo.telegram.mark()
        await demo.telegram.say(OWNER, "/status")
        status = await demo.telegram.wait_for("Trading is", after=mark)
        assert "halted: enough for today" in status.text


async def _is_killed_and_comes_back(demo: Demo) -> None:
    before, starts = await demo.bot(), demo.database.started()
    await demo.bot("kill")

    async def is_back() -> bool:
        now = await demo.bot()
        return bool(now["running"]) and now["pid"] != before["pid"]

    assert await eventually(is_back, because="the launcher starts it again")
    await eventually(lambda: demo.database.started() > starts)
    assert (await demo.bot())["restarts"] == before["restarts"] + 1
    await demo.telegram.wait_for("Started", chat_id=OWNER)


async def _is_stopped_until_started(demo: Demo) -> None:
    await demo.bot("stop")

    async def is_down() -> bool:
        return not (await demo.bot())["running"]

    assert await eventually(is_down, because="SIGTERM ends it")
    starts = demo.database.started()
    assert (await demo.bot("start"))["restarts"] >= 1
    await eventually(lambda: demo.database.started() > starts)


async def _reloads(demo: Demo) -> None:
    mark = await demo.telegram.mark()
    await demo.bot("reload")
    await demo.telegram.wait_for("reloaded", after=mark, chat_id=OWNER)


@asynccontextmanager
async def running_demo(root: Path, *more: str) -> AsyncIterator[Demo]:
    database = BotDatabase(root / ("bot-paper" if more else "bot") / "steelyard.db")
    before = database.started()
    listen = f"127.0.0.1:{free_port()}"
    demo_of: tuple[str | Path, ...] = ("bot.py", "demo", "--listen", listen, "--seed", "1")
    arguments = (*demo_of, "--state", root, *more)
    async with (
        running(*arguments, ready=lambda line: "Open the chat" in line) as child,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=70)) as session,
    ):
        addresses = json.loads((root / "addresses.json").read_text())
        page = addresses["page"]
        demo = Demo(
            child=child,
            telegram=LocalTelegram(
                api_url=page.rstrip("/"),
                page_url=page,
                control_url=addresses["telegram_control"],
                token="",
                session=session,
                child=child,
            ),
            launcher=addresses["launcher"],
            session=session,
            database=database,
        )
        await eventually(lambda: database.started() > before)
        yield demo
