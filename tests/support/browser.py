"""A headless Chromium for tests: the one of the machine, or a skip that says how to get one."""

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page, ViewportSize, async_playwright

_NAMES = (
    "chromium-headless-shell",
    "headless_shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
)
_HOW = (
    "no Chromium was found; get one by `apt-get update && apt-get install -y "
    "chromium-headless-shell`, or name yours in CHROMIUM_PATH"
)
# The sandbox needs rights that a container's root does not have; only our own pages are opened.
_ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb")

Colours = Literal["light", "dark"]


def chromium_path() -> str:
    """Return where Chromium is, or skip the test that needs it."""
    named = os.environ.get("CHROMIUM_PATH")
    if named and Path(named).is_file():
        return named
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(_HOW)
    return found


@asynccontextmanager
async def chromium_page(
    url: str,
    *,
    width: int = 1280,
    height: int = 800,
    colours: Colours = "light",
    tolerated: Sequence[str] = (),
) -> AsyncIterator[Page]:
    """Open the address; an error on its console without a tolerated word fails the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), args=list(_ARGUMENTS)
        )
        try:
            context = await browser.new_context(
                viewport=ViewportSize(width=width, height=height),
                color_scheme=colours,
                accept_downloads=True,
                locale="en-GB",
                timezone_id="Europe/London",
            )
            page = await context.new_page()
            page.set_default_timeout(8000)
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on(
                "console",
                lambda line: errors.append(line.text) if line.type == "error" else None,
            )
            await page.goto(url)
            yield page
            serious = [line for line in errors if not any(word in line for word in tolerated)]
            assert serious == []
        finally:
            await browser.close()
