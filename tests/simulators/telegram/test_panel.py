"""The panel's levers reach the venue, the launcher and Telegram, and its book is the venue's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from playwright.async_api import Page, expect

from simulators.telegram.hurts import available
from simulators.telegram.options import Address
from simulators.telegram.server import listening
from tests.support.browser import chromium_page, chromium_path
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.local_telegram import LocalTelegram, running_local_telegram


@dataclass(slots=True, kw_only=True)
class Launcher:
    """A launcher that only remembers what it was told."""

    told: list[str] = field(default_factory=list)
    running: bool = True

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/state", self.state)
        app.router.add_post("/{deed}", self.deed)
        return app

    async def state(self, _: web.Request) -> web.Response:
        body = {"running": self.running, "pid": 4711, "restarts": len(self.told)}
        return web.json_response(body)

    async def deed(self, request: web.Request) -> web.Response:
        deed = request.match_info["deed"]
        self.told.append(deed)
        self.running = deed not in {"kill", "stop"}
        return web.json_response({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    page: Page
    telegram: LocalTelegram
    kraken: LocalKraken
    launcher: Launcher


@asynccontextmanager
async def scene(folder: Path, *, width: int = 1280) -> AsyncIterator[Scene]:
    chromium_path()
    launcher = Launcher()
    async with (
        running_local_kraken(folder / "kraken", balances={"USD": "10000", "BTC": "0.5"}) as kraken,
        listening(launcher.application(), Address(host="127.0.0.1", port=0)) as process_url,
        running_local_telegram(
            folder / "telegram", kraken_control=kraken.control_url, process_control=process_url
        ) as telegram,
        chromium_page(telegram.page_url, width=width, tolerated=("502", "409")) as page,
    ):
        yield Scene(page=page, telegram=telegram, kraken=kraken, launcher=launcher)


@pytest.mark.browser
async def test_levers_reach_the_venue(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        panel = at.page.get_by_role("complementary", name="Hurt the bot")
        await panel.get_by_role("button", name="Refuse nonces").click()
        await expect(panel.get_by_role("status")).to_contain_text("EAPI:Invalid nonce")
        await expect(panel.get_by_text("venue: invalid nonce ×3")).to_be_visible()
        await panel.get_by_role("button", name="Slow: 1.5 s").click()
        state = await at.kraken.current()
        assert [fault["name"] for fault in state["faults"]] == ["invalid_nonce"]
        assert state["latency_ms"] == 1500
        await panel.get_by_role("button", name="Venue up, all well").click()
        await expect(panel.get_by_label("Faults in force")).to_be_empty()
        state = await at.kraken.current()
        assert (state["faults"], state["latency_ms"]) == ([], 0)


@pytest.mark.browser
async def test_levers_reach_the_streams(tmp_path: Path) -> None:
    async with scene(tmp_path) as at, aiohttp.ClientSession() as session:
        streams = [
            await session.ws_connect(url) for url in (at.kraken.ws_url, at.kraken.ws_auth_url)
        ]
        for stream in streams:
            assert (await stream.receive_json())["channel"] == "status"
        panel = at.page.get_by_role("complementary", name="Hurt the bot")
        await panel.get_by_role("button", name="Drop the streams").click()
        await expect(panel.get_by_role("status")).to_contain_text("connect again by itself")
        for stream in streams:
            assert (await stream.receive(timeout=5)).type in {WSMsgType.CLOSED, WSMsgType.ERROR}
        for lever in ("Silence", "Lose a message", "Refuse tokens", "Fill before the answer"):
            await panel.get_by_role("button", name=lever).click()
        names = "ws_silent", "ws_gap", "ws_refuse_token", "ws_ack_last"
        assert tuple(f["name"] for f in (await at.kraken.current())["faults"]) == names
        await panel.get_by_role("button", name="Venue down").click()
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(at.kraken.ws_url)
        await panel.get_by_role("button", name="Venue up, all well").click()
        await expect(panel.get_by_label("Faults in force")).to_be_empty()
        await session.ws_connect(at.kraken.ws_url)


@pytest.mark.browser
async def test_the_true_book_follows_the_venue(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        book = at.page.get_by_role("table")
        row = book.get_by_role("row", name="BTC")
        await expect(row).to_contain_text("0.5")
        before = (await at.kraken.current())["market"]["prices"]["BTC/USD"]
        await expect(row).to_contain_text(before)
        await at.page.get_by_role("button", name="Deposit 1,000 USD").click()
        await expect(book.locator("tbody tr", has_text="USD")).to_contain_text("11000")
        await at.page.get_by_role("button", name="Rise 10 %").click()
        after = (await at.kraken.current())["market"]["prices"]["BTC/USD"]
        assert 1.09 < float(after) / float(before) < 1.11
        await expect(row).to_contain_text(after)


@pytest.mark.browser
async def test_levers_reach_the_process_and_telegram(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.page.get_by_role("button", name="kill -9").click()
        await expect(at.page.locator("#bot-status")).to_have_text("stopped")
        await expect(at.page.get_by_text("stopped, restarts 1")).to_be_visible()
        await at.page.get_by_role("button", name="Start", exact=True).last.click()
        await expect(at.page.get_by_text("running, pid 4711")).to_be_visible()
        assert at.launcher.told == ["kill", "start"]
        await at.page.get_by_role("button", name="Outage 20 s").click()
        (fault,) = await at.telegram.faults()
        assert (fault["name"], fault["match"]) == ("outage", "*")
        await at.page.get_by_role("button", name="All well again").click()
        await expect(at.page.get_by_label("Faults in force")).to_be_empty()
        assert await at.telegram.faults() == []
        await at.page.get_by_role("button", name="Repeat an update").click()
        told = at.page.locator(".told")
        await expect(told).to_have_text("No update was confirmed yet: nothing to repeat.")


@pytest.mark.browser
async def test_a_venue_that_is_gone_is_said_to_be_gone(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await expect(at.page.get_by_role("table")).to_be_visible()
        await at.kraken.kill()
        await expect(at.page.get_by_text("The venue does not answer").first).to_be_visible()
        await expect(at.page.get_by_role("table")).to_have_count(0)


@pytest.mark.browser
async def test_on_a_phone_the_panel_folds_away(tmp_path: Path) -> None:
    async with scene(tmp_path, width=360) as at:
        handle = at.page.get_by_role("button", name="Hurt the bot")
        lever = at.page.get_by_role("button", name="Refuse nonces")
        await expect(lever).to_be_hidden()
        await handle.press("Enter")
        await expect(lever).to_be_visible()
        await expect(handle).to_have_attribute("aria-expanded", "true")
        await expect(at.page.get_by_role("button", name="Start", exact=True).first).to_be_visible()
        await at.page.reload()
        await expect(lever).to_be_visible()
        await handle.click()
        await expect(lever).to_be_hidden()


@pytest.mark.parametrize(
    ("venue", "process", "groups"),
    [
        pytest.param(True, True, ["Venue", "Stream", "Telegram", "Process", "Market"], id="demo"),
        pytest.param(False, True, ["Telegram", "Process"], id="no venue"),
        pytest.param(False, False, ["Telegram"], id="Telegram alone"),
    ],
)
def test_levers_that_lead_nowhere_are_not_shown(
    venue: bool,
    process: bool,
    groups: list[str],
) -> None:
    shown = available(venue=venue, process=process)
    assert list(dict.fromkeys(hurt.group for hurt in shown)) == groups
    assert len({(hurt.group, hurt.key) for hurt in shown}) == len(shown)
