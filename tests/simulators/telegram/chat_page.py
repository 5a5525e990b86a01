"""The chat page in a browser with the scripted bot behind it, for the tests that look at it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, expect

from tests.simulators.telegram.scripted_bot import scripted_bot
from tests.support.browser import Colours, chromium_page, chromium_path
from tests.support.local_telegram import ReachableTelegram


@asynccontextmanager
async def chat(
    local: ReachableTelegram,
    *,
    width: int = 420,
    height: int = 800,
    colours: Colours = "light",
) -> AsyncIterator[Page]:
    chromium_path()  # the skip must not be wrapped by a task group
    async with (
        scripted_bot(local),
        chromium_page(local.page_url, width=width, height=height, colours=colours) as page,
    ):
        yield page


async def send(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.press("#text", "Enter")


async def open_chat(page: Page) -> None:
    await page.get_by_role("button", name="Start", exact=True).click()
    await expect(page.get_by_text("Good evening.")).to_be_visible()
