"""The page fits a phone, can be tapped with a thumb, and can be read by day and by night."""

import pytest
from playwright.async_api import expect

from tests.simulators.telegram.chat_page import chat, open_chat, send
from tests.simulators.telegram.scripted_bot import TABLE
from tests.support.browser import Colours
from tests.support.local_telegram import ReachableTelegram

pytestmark = pytest.mark.browser


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
