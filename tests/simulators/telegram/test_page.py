"""The chat page in a real browser, with the real library answering behind it."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import expect
from telegram import Bot

from tests.simulators.telegram.chat_page import chat, open_chat, send
from tests.support.browser import chromium_page
from tests.support.local_telegram import (
    OWNER,
    STRANGER,
    ReachableTelegram,
    address,
    running_local_telegram,
)

pytestmark = pytest.mark.browser


async def test_a_newcomer_starts_the_chat(local: ReachableTelegram) -> None:
    async with chat(local) as page:
        await expect(page.get_by_text("Holds a portfolio in balance.")).to_be_visible()
        await open_chat(page)
        await expect(page.get_by_role("log").locator(".item")).to_have_count(2)
        await expect(page.get_by_label("received by the bot")).to_have_count(1)
        await expect(page.locator("#bot-status")).to_have_text("listening")
        await page.reload()
        await expect(page.get_by_text("Good evening.")).to_be_visible()
        await expect(page.get_by_role("button", name="Tell me")).to_be_visible()


async def test_buttons_turn_edit_and_tell(local: ReachableTelegram) -> None:
    async with chat(local) as page:
        await open_chat(page)
        await page.get_by_role("button", name="Tell me").click()
        await expect(page.locator("#toasts")).to_have_text("All is well")
        await page.get_by_role("button", name="Warn me").click()
        alert = page.get_by_role("dialog")
        await expect(alert).to_contain_text("Trading is halted")
        await page.keyboard.press("Enter")
        await expect(alert).to_be_hidden()
        await page.get_by_role("button", name="Silent").click()
        await expect(page.locator('[aria-busy="true"]')).to_have_text("Silent")
        await send(page, "/balance")
        await page.get_by_role("button", name="Refresh").click()
        edited = page.locator(".item", has_text="0 s old")
        await expect(edited.locator(".meta")).to_contain_text("edited")
        await expect(edited.get_by_role("button", name="Close")).to_be_visible()
        await expect(page.get_by_text("2 s old")).to_have_count(0)
        focused = await page.evaluate("document.activeElement.textContent")
        assert focused == "Refresh", "the successor of a pressed button keeps the focus"


async def test_the_command_menu_works_by_keyboard_alone(local: ReachableTelegram) -> None:
    async with chat(local) as page:
        await open_chat(page)
        await page.locator("#text").focus()
        await page.keyboard.type("/")
        options = page.get_by_role("option")
        await expect(options).to_have_count(10)
        await page.keyboard.type("ba")
        await expect(options).to_have_text([re.compile("/balance"), re.compile("/rebalance")])
        await page.keyboard.press("ArrowDown")
        await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Tab")
        await expect(page.locator("#text")).to_have_value("/balance ")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("2 s old")).to_be_visible()
        await page.keyboard.type("/bal")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("2 s old")).to_have_count(2)
        await page.get_by_role("button", name="Commands").click()
        await expect(options).to_have_count(10)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("listbox")).to_be_hidden()
        await expect(page.locator("#text")).to_be_focused()


async def test_text_is_shown_as_entities_and_never_as_html(local: ReachableTelegram) -> None:
    async with chat(local) as page:
        await open_chat(page)
        await send(page, "/rich")
        rich = page.locator(".item .text", has_text="bold")
        await expect(rich.locator("strong")).to_have_text(["bold", "after 🏟 emoji"])
        for tag, words in (("em", "italic"), ("u", "under"), ("s", "gone"), ("pre", "block")):
            await expect(rich.locator(tag)).to_have_text(words)
        await expect(rich).to_contain_text("<img src=x onerror=alert(1)>")
        await expect(rich.locator("img")).to_have_count(0)
        link = rich.get_by_role("link", name="link")
        await expect(link).to_have_attribute("href", "https://example.org/docs")
        await expect(link).to_have_attribute("rel", "noopener noreferrer")
        secret = rich.get_by_role("button", name="Hidden text")
        await secret.press("Enter")
        await expect(secret).to_have_class("spoiler shown")
        folded = rich.locator("blockquote")
        await folded.click()
        await expect(folded).not_to_have_class("folded")
        await send(page, "<b>mine</b> & <script>x</script>")
        await expect(page.locator(".item.out").last).to_contain_text("<b>mine</b> & <script>x")
        await rich.get_by_role("button", name="/help").click()
        await expect(page.locator(".item.out").last).to_contain_text("/help")


async def test_pictures_enlarge_and_documents_download(local: ReachableTelegram) -> None:
    async with chat(local) as page:
        await open_chat(page)
        await send(page, "/picture")
        shown = page.locator(".photo img")
        await expect(shown).to_be_visible()
        assert (
            await shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 800
        )
        await page.get_by_role("button", name="Enlarge").press("Enter")
        await expect(page.get_by_role("dialog", name="Picture")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog", name="Picture")).to_be_hidden()
        await send(page, "/document")
        async with page.expect_download() as waiting:
            await page.get_by_role("link", name="incident-7.json").click()
        download = await waiting.value
        assert download.suggested_filename == "incident-7.json"
        assert await asyncio.to_thread(Path(await download.path()).read_bytes) == (
            b'{"incident": 7}'
        )


async def test_the_bots_keyboard_comes_and_goes(local: ReachableTelegram) -> None:
    async with chat(local) as page:
        await open_chat(page)
        await send(page, "/keyboard")
        keyboard = page.get_by_role("group", name="The bot's keyboard")
        await expect(keyboard.get_by_role("button")).to_have_count(3)
        await expect(page.locator("#text")).to_have_attribute("placeholder", "Choose one")
        await page.reload()
        await expect(keyboard).to_be_visible()
        await page.get_by_role("button", name="Hide the bot's keyboard").click()
        await expect(keyboard).to_be_hidden()
        await page.get_by_role("button", name="Show the bot's keyboard").click()
        await keyboard.get_by_role("button", name="Away with it").click()
        await expect(page.get_by_text("Gone.")).to_be_visible()
        await expect(keyboard).to_be_hidden()


async def test_answers_quote_and_old_words_can_be_edited(local: ReachableTelegram) -> None:
    async with chat(local) as page:
        await open_chat(page)
        await send(page, "/ask")
        await expect(page.locator("#quoted")).to_contain_text("How much?")
        await send(page, "seven")
        answer = page.locator(".item.in", has_text="you said: seven to “How much?”")
        await expect(answer.locator(".reply")).to_contain_text("seven")
        await page.locator("#text").press("ArrowUp")
        await expect(page.locator("#text")).to_have_value("seven")
        await send(page, "eight")
        await expect(page.get_by_text("edited: you said: eight")).to_be_visible()
        own = page.locator(".item.out", has_text="eight")
        await expect(own.locator(".meta")).to_contain_text("edited")


async def test_typing_shows_until_the_message_comes(local: ReachableTelegram) -> None:
    async with chat(local) as page:
        await open_chat(page)
        await send(page, "/think")
        await expect(page.locator("#bot-status")).to_have_text("typing")
        await send(page, "/balance")
        await expect(page.locator("#bot-status")).to_have_text("listening")


async def test_several_people_use_one_page(local: ReachableTelegram) -> None:
    async with chat(local) as page:
        await open_chat(page)
        people = page.get_by_role("button", name="You are")
        await people.press("Enter")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(people).to_have_accessible_name("You are Sam, stranger. Change")
        await open_chat(page)
        await send(page, "hello?")
        await local.say(OWNER, "/balance")
        await expect(people.locator(".badge")).to_have_text("1")
        assert await page.title() == "(1) Steelyard"
        await page.reload()
        await expect(people).to_have_accessible_name("You are Sam, stranger. Change")
        await expect(page.get_by_text("hello?")).to_be_visible()
        await people.click()
        await page.get_by_role("menuitemradio", name="Ada").click()
        await expect(page.get_by_text("2 s old")).to_be_visible()
        await people.click()
        await page.get_by_role("menuitemradio", name="Trading desk").click()
        await send(page, "/start")
        await local.say(STRANGER, "hello all", chat_id=-100500)
        theirs = page.locator(".item.in", has_text="hello all")
        await expect(theirs.locator(".sender")).to_have_text("Sam")


async def test_what_is_pushed_does_not_tear_away_who_reads_above(
    local: ReachableTelegram, bot: Bot
) -> None:
    for number in range(100, 180):
        await bot.send_message(OWNER, f"line {number}\nand one below")
    async with chromium_page(local.page_url, width=420) as page:
        read = page.get_by_text("line 121")
        await expect(page.get_by_text("line 179")).to_be_in_viewport()
        await page.locator("#thread").evaluate("thread => { thread.scrollTop = 0; }")
        await expect(read).to_be_in_viewport()
        down = page.get_by_role("button", name="To the end")
        await expect(down.locator(".badge")).to_be_hidden()
        await bot.send_message(OWNER, "pushed")
        await bot.send_message(OWNER, "pushed again")
        await expect(down.locator(".badge")).to_have_text("2")
        await expect(read).to_be_in_viewport()
        await page.get_by_role("button", name="Earlier messages").click()
        await expect(page.get_by_text("line 100")).to_be_attached()
        await expect(page.get_by_role("button", name="Earlier messages")).to_have_count(0)
        await expect(read).to_be_in_viewport()
        await down.click()
        await expect(page.get_by_text("pushed again")).to_be_in_viewport()
        await expect(down).to_be_hidden()
        sent = await bot.send_message(OWNER, "the newest")
        await expect(page.get_by_text("the newest")).to_be_in_viewport()
        await sent.delete()
        await expect(page.get_by_text("the newest")).to_have_count(0)


async def test_the_page_outlives_a_restart_of_the_server(tmp_path: Path) -> None:
    async with running_local_telegram(tmp_path) as first:
        listen = address(first.page_url)
        await first.say(OWNER, "before")
        tolerated = ("Failed to load resource", "ERR_")
        async with chromium_page(first.page_url, tolerated=tolerated) as page:
            await expect(page.get_by_text("before")).to_be_visible()
            await page.fill("#text", "half a sen")
            await first.child.kill()
            await expect(page.get_by_text("Connection lost")).to_be_visible()
            async with running_local_telegram(tmp_path, listen=listen) as second:
                await second.say(OWNER, "after")
                await expect(page.get_by_text("after")).to_be_visible(timeout=15_000)
                await expect(page.get_by_text("before")).to_be_visible()
                await expect(page.get_by_text("Connection lost")).to_be_hidden()
                await expect(page.locator("#text")).to_have_value("half a sen")
