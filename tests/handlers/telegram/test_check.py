"""The token and the chats are tried against a Bot API that refuses as the real one does."""

from pathlib import Path

from handlers.telegram.check import telegram_checks
from tests.support.local_telegram import OWNER, running_local_telegram
from tests.support.processes import free_port
from trading.intents.checks import Finding, Verdict


async def tried(token: str, api_url: str, *chats: int) -> dict[str, Finding]:
    checks = telegram_checks(token=token, api_url=api_url, chats=chats)
    return {check.name: await check.probe() for check in checks}


async def test_a_good_token_and_an_owner_who_pressed_start(tmp_path: Path) -> None:
    async with running_local_telegram(tmp_path) as telegram:
        await telegram.say(OWNER, "/start")
        found = await tried(telegram.token, telegram.api_url, OWNER)
    assert {name: finding.verdict for name, finding in found.items()} == {
        "telegram bot": Verdict.OK,
        f"telegram chat {OWNER}": Verdict.OK,
    }
    assert found["telegram bot"].text.startswith("@")


async def test_a_chat_that_cannot_be_written_to_is_a_warning(tmp_path: Path) -> None:
    async with running_local_telegram(tmp_path) as telegram:
        found = await tried(telegram.token, telegram.api_url, 987654321)
    finding = found["telegram chat 987654321"]
    assert finding.verdict is Verdict.WARNING
    assert "press Start" in finding.text


async def test_a_wrong_token_says_whom_to_ask(tmp_path: Path) -> None:
    async with running_local_telegram(tmp_path) as telegram:
        found = await tried("999:wrong-token", telegram.api_url, OWNER)
    assert {finding.verdict for finding in found.values()} == {Verdict.PROBLEM}
    assert "@BotFather" in found["telegram bot"].text


async def test_a_telegram_that_is_not_there_is_a_problem() -> None:
    found = await tried("123:demo", f"http://127.0.0.1:{free_port()}")
    assert found["telegram bot"].verdict is Verdict.PROBLEM
    assert "cannot be reached" in found["telegram bot"].text
