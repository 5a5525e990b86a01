"""The local Binance as a process: ready when it says so, its books outlive it, its levers work."""

from decimal import Decimal
from pathlib import Path

import pytest

from simulators.binance.options import DEMO_KEY, parse
from tests.simulators.binance.desk import Caller
from tests.support.local_binance import LocalBinance, running_local_binance
from tests.support.processes import run


async def test_it_keeps_its_address_and_books_over_a_kill(tmp_path: Path) -> None:
    balances = {"USDT": "500", "BTC": "0.25"}
    async with running_local_binance(tmp_path, balances=balances) as binance:
        await binance.deposit("ETH", "2")
        before, address = await binance.book(), binance.rest_url
        await binance.kill()
        await binance.restart()
        after = await binance.book()
        assert binance.rest_url == address
        assert after["balances"] == before["balances"]
        assert after["balances"]["ETH"]["total"] == "2"
        assert after["ledger"] == before["ledger"]
        assert await binance.process.terminate() == 0


async def test_its_levers(binance: LocalBinance, caller: Caller) -> None:
    order = await binance.order_by_hand(
        pair="BTC/USDT", side="buy", type="limit", volume="0.01", price="60000"
    )
    (seen,) = await caller.call("GET", "openOrders")
    assert str(seen["orderId"]) == order["order_id"]
    assert seen["clientOrderId"].startswith("web_"), "nobody's bot chose it"
    await binance.market(pair="BTCUSDT", price="59000")
    assert await caller.call("GET", "openOrders") == []
    assert (await caller.call("GET", "myTrades", symbol="BTCUSDT"))[0]["isMaker"] is True
    await binance.deposit("WONDER", "3", newly_listed=True)
    rows = (await caller.call("GET", "account", omitZeroBalances="true"))["balances"]
    assert {"asset": "WONDER", "free": "3.00000000", "locked": "0.00000000"} in rows
    await binance.withdraw("WONDER", "1")
    with pytest.raises(AssertionError, match="no asset is named"):
        await binance.deposit("NOSUCH", "1")
    with pytest.raises(AssertionError, match="insufficient balance"):
        await binance.withdraw("WONDER", "5")
    await binance.fault("error", match="GET account", count=1)
    assert (await caller.call("GET", "account"))["code"] == -1000
    await binance.fault("status", status="maintenance")
    assert (await binance.current())["status"] == "maintenance"
    await binance.clear_faults()
    await binance.order_by_hand(
        pair="BTC/USDT", side="sell", type="limit", volume="0.01", price="80000"
    )
    await binance.cancel_all()
    state = await binance.current()
    assert state["open_orders"] == []
    assert state["calls"]["rest"]["GET openOrders"] == 2
    assert await binance.audit() == []


def test_everything_has_a_default_but_the_folder() -> None:
    options = parse(["--state", "books"])
    assert options.credentials.key == DEMO_KEY
    assert (len(DEMO_KEY), len(options.credentials.secret)) == (64, 64)
    assert options.balances["USDT"] == Decimal(10000)
    assert (options.commission, options.ping_seconds) == (Decimal("0.001"), 20)
    assert options.allowance.weight == 6000
    with pytest.raises(SystemExit):
        parse([])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--symbols", "BTC/EUR"), "no listing for BTC/EUR"),
        (("--balances", "NOSUCH=1"), "no asset is named NOSUCH"),
        (("--candles", "nowhere"), "holds no candles"),
        (("--listen", "0.0.0.0:80"), "is not a loopback address"),
    ],
)
async def test_what_cannot_be_is_said(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    child = await run("-m", "simulators.binance", "--state", tmp_path, *arguments)
    assert child.returncode != 0
    assert said in child.said()
