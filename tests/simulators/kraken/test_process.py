"""The local Kraken as a process: it says when it is ready, and its books outlive it."""

from pathlib import Path

import aiohttp

from tests.support.local_kraken import running_local_kraken


async def test_it_serves_and_keeps_its_address_and_books_over_a_kill(tmp_path: Path) -> None:
    async with running_local_kraken(tmp_path, balances={"USD": "500", "BTC": "0.25"}) as kraken:
        await kraken.deposit("ETH", "2")
        before = await kraken.book()
        address = kraken.rest_url
        await kraken.kill()
        await kraken.restart()
        after = await kraken.book()
        assert kraken.rest_url == address
        assert after["balances"] == before["balances"]
        assert after["balances"]["ETH"]["total"] == "2"
        assert after["ledger"] == before["ledger"]
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{address}/0/public/SystemStatus") as response,
        ):
            assert (await response.json())["result"]["status"] == "online"


async def test_it_ends_when_asked(tmp_path: Path) -> None:
    async with running_local_kraken(tmp_path) as kraken:
        assert await kraken.process.terminate() == 0
