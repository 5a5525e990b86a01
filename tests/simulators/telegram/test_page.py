"""The chat page in a real browser, with the real library answering behind it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from telegram import Bot

from tests.simulators.telegram.scripted_bot import TABLE, scripted_bot
from tests.support.browser import Colours, chromium_page, chromium_path
from tests.support.local_telegram import (
    OWNER,
    STRANGER,
    ReachableTelegram,
    address,
    running_local_telegram,
)

pytestmark = pytest.mark.browser


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


async def test_a_phone_shows_a_whole_table_and_scrolls_only_up_and_down(
    local: ReachableTelegram,
) -> None:
    async with chat(local, width=360, height=740) as page:
        await open_chat(page)
        await send(page, "/balance")
        table = page.locator("pre")
        assert max(map(len, TABLE.split("\n"))) == 34
        await expect(table).to_have_text(TABLE)
        assert await table.evaluate("box => box.scrollWidth <= box.clientWidth"), "34 characters"
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await page.locator("#thread").evaluate("box => box.scrollWidth <= box.clientWidth")
        small = await page.evaluate(SMALL_TARGETS)
        assert small == [], "what one taps with a thumb is large enough"


SMALL_TARGETS = """[...document.querySelectorAll("button, a.key, textarea")]
    .filter((found) => found.offsetParent && !found.matches(".command, .reply"))
    .map((found) => [found.className || found.id, found.getBoundingClientRect()])
    .filter(([, box]) => box.height < 36 || box.width < 36).map(([name]) => name)"""

# The contrast of what is read against what is behind it, as WCAG computes it.
CONTRASTS = """() => {
  const parse = (text) => {
    const numbers = (text.match(/[\\d.]+/g) ?? []).map(Number);
    return text.startsWith("color(") ? numbers.map((n, i) => (i < 3 ? n * 255 : n)) : numbers;
  };
  const channel = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = (rgb) => [0.2126, 0.7152, 0.0722].reduce(
    (sum, share, index) => sum + share * channel(rgb[index] / 255), 0);
  const behind = (found) => {
    for (let at = found; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.7) return colour;
    }
    return [255, 255, 255];
  };
  const read = ["h1", ".bubble .text", ".meta", ".key", "#text", ".person", ".person small",
    ".who p", ".lever", ".panel h2", ".handle", ".day"];
  const shown = [...document.querySelectorAll(read)].filter((found) => found.offsetParent);
  return shown.map((found) => {
    const [a, b] = [light(parse(getComputedStyle(found).color)), light(behind(found))];
    return [found.className || found.tagName, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
  }).filter(([, contrast]) => contrast < 4.5);
}"""


@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_everything_can_be_read_in_both_themes(
    local: ReachableTelegram, colours: Colours
) -> None:
    async with chat(local, width=1280, colours=colours) as page:
        await open_chat(page)
        assert await page.evaluate(CONTRASTS) == []
        theme = page.get_by_role("button", name="Colours: automatic")
        await theme.click()
        await theme.or_(page.get_by_role("button", name="Colours: light")).click()
        await page.reload()
        await expect(page.get_by_role("button", name="Colours: dark")).to_be_visible()
        await expect(page.get_by_text("Good evening.")).to_be_visible()
        assert await page.evaluate(CONTRASTS) == []
