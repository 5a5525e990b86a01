"""As a process of its own: its command line, its refusals, and a memory that outlives SIGKILL."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from simulators.telegram.options import read_options
from tests.simulators.telegram.conftest import make_bot
from tests.support.local_telegram import (
    OWNER,
    VIEWER,
    LocalTelegram,
    address,
    running_local_telegram,
)


async def test_history_updates_and_files_outlive_a_kill(tmp_path: Path) -> None:
    async with (
        running_local_telegram(tmp_path) as first,
        make_bot(first) as bot,
    ):
        said = await first.say(OWNER, "/balance")
        sent = await bot.send_message(OWNER, "0.5 BTC")
        document = await bot.send_document(OWNER, b"report", filename="report.txt")
        assert document.document is not None
        await first.child.kill()
        listen, control = address(first.api_url), address(first.control_url)
        async with running_local_telegram(tmp_path, listen=listen, control=control) as second:
            (update,) = await bot.get_updates()
            assert update.update_id == said["update_id"]
            await bot.edit_message_text("0.6 BTC", OWNER, sent.message_id)
            shown = await second.transcript(OWNER)
            assert [item.text for item in shown] == ["0.5 BTC", "", "0.6 BTC"]
            assert await second.file(document.document.file_id) == b"report"
            later = await second.say(OWNER, "later")
            assert later["update_id"] == said["update_id"] + 1


async def test_it_ends_on_sigterm_even_while_polled(tmp_path: Path) -> None:
    async with (
        running_local_telegram(tmp_path) as telegram,
        asyncio.TaskGroup() as group,
    ):
        poll = group.create_task(cut_poll(telegram))
        await telegram.until_polled()
        assert await telegram.child.terminate() == 0
        assert isinstance(await poll, aiohttp.ClientError)
    assert telegram.child.errors == []


async def cut_poll(telegram: LocalTelegram) -> aiohttp.ClientError:
    url = f"{telegram.api_url}/bot{telegram.token}/getUpdates"
    with pytest.raises(aiohttp.ClientError) as cut:
        await telegram.session.get(url, params={"timeout": 50})
    return cut.value


async def test_nobody_has_started_a_fresh_one(tmp_path: Path) -> None:
    async with running_local_telegram(tmp_path, fresh=True) as telegram:
        url = f"{telegram.api_url}/bot{telegram.token}/sendMessage"

        async def send(chat_id: int) -> str:
            data = {"chat_id": chat_id, "text": "hello"}
            async with telegram.session.post(url, data=data) as answer:
                return str((await answer.json()).get("description"))

        assert await send(OWNER) == "Bad Request: chat not found"
        await telegram.say(OWNER, "/start")
        assert await send(OWNER) == "None"
        assert await send(VIEWER) == "Bad Request: chat not found"


REFUSED = {
    "a real token": (["--token", "7312345678:AAHfiqksKZ8WmR2zSjiQ7"], "dummy token"),
    "no token at all": (["--token", "hello"], "dummy token"),
    "all interfaces": (["--listen", "0.0.0.0:8080"], "not loopback"),
    "control for others": (["--control", "192.168.1.5:80"], "not loopback"),
    "no port": (["--listen", "127.0.0.1"], "HOST:PORT"),
    "half a user": (["--users", "1001:owner"], "ID:ROLE:NAME"),
    "user without id": (["--users", "ada:owner:Ada"], "ID:ROLE:NAME"),
    "group with a positive id": (["--groups", "5:Desk"], "-ID:TITLE"),
    "control elsewhere": (["--kraken-control", "https://kraken.example"], "http://127.0.0.1"),
}


@pytest.mark.parametrize(("arguments", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_to_start(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        read_options(["--state", "unused", *arguments])
    assert refused.value.code == 2
    assert reason in capsys.readouterr().err


def test_reads_its_options() -> None:
    options = read_options(
        [
            *("--listen", "[::1]:0", "--state", "there", "--token", "42:my-demo-token"),
            *("--users", "7:owner:Eve Adams", "--groups=-5:The desk,-6:Other"),
            *("--process-control", "http://127.0.0.1:9/", "--fresh"),
        ]
    )
    assert (options.listen.host, options.listen.port) == ("::1", 0)
    assert (options.bot.bot_id, options.started) == (42, False)
    assert [(user.user_id, user.first_name) for user in options.users] == [(7, "Eve Adams")]
    assert [(group.chat_id, group.title) for group in options.groups] == [
        (-5, "The desk"),
        (-6, "Other"),
    ]
    assert (options.kraken_control, options.process_control) == (None, "http://127.0.0.1:9")
