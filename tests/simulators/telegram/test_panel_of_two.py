"""The panel beside two venues: levers at each, both true books, one market."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from simulators.telegram.binance_hurts import GROUP, beside_binance
from simulators.telegram.forwarding import control_addresses
from simulators.telegram.hurts import available
from tests.support.browser import chromium_page, chromium_path
from tests.support.local_binance import running_local_binance
from tests.support.local_kraken import running_local_kraken
from tests.support.local_telegram import running_local_telegram

BOTH = beside_binance(available(venue=True, process=True))


def test_each_lever_says_at_which_venue_it_is() -> None:
    headings = list(dict.fromkeys(hurt.shown or hurt.group for hurt in BOTH))
    assert headings == [
        *("Kraken", "Kraken's streams", "Binance"),
        *("Telegram", "Process", "Market"),
    ]
    assert len({(hurt.group, hurt.key) for hurt in BOTH}) == len(BOTH)


async def test_the_local_binance_knows_every_lever_and_moves_with_the_market(
    tmp_path: Path,
) -> None:
    async with (
        running_local_binance(tmp_path / "binance") as binance,
        control_addresses({"binance": binance.control_url}) as addresses,
    ):
        address = addresses["binance"]
        assert address is not None
        before = (await binance.current())["market"]["prices"]["BTC/USDT"]
        for hurt in BOTH:
            for call in hurt.calls:
                if call.target == "binance":
                    await address.call(call.method, call.path, call.body or None)
            if hurt.group == GROUP and hurt.tone == "heal":
                assert (await binance.current())["faults"] == []
        after = (await binance.current())["market"]["prices"]["BTC/USDT"]
    assert float(after) / float(before) == pytest.approx(1.1 * 0.9 * 1.25, rel=0.01)


@pytest.mark.browser
async def test_both_books_are_shown_and_a_lever_is_named_by_its_venue(tmp_path: Path) -> None:
    chromium_path()
    async with (
        running_local_kraken(tmp_path / "kraken", balances={"USD": "10000"}) as kraken,
        running_local_binance(tmp_path / "binance", balances={"USDT": "700"}) as binance,
        running_local_telegram(
            tmp_path / "telegram",
            kraken_control=kraken.control_url,
            binance_control=binance.control_url,
        ) as telegram,
        chromium_page(telegram.page_url) as page,
    ):
        first, second = page.get_by_role("table").nth(0), page.get_by_role("table").nth(1)
        await expect(first.get_by_role("row", name="USD").last).to_contain_text("10000")
        await expect(second.locator("tfoot")).to_contain_text("700.00")
        await page.get_by_role("button", name="Binance down").click()
        await expect(page.get_by_text("Binance: http 5xx before")).to_be_visible()
        assert (await kraken.current())["faults"] == []
        await page.get_by_role("button", name="Binance up, all well").click()
        await expect(page.get_by_label("Faults in force")).to_be_empty()
