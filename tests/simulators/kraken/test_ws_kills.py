"""A kill with streams open: the line breaks, the books stay, and the same story goes on."""

import json
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

from tests.simulators.kraken.desk import Caller
from tests.simulators.kraken.streams import Stream
from tests.support.local_kraken import LocalKraken, running_local_kraken

ORDER = {"order_type": "limit", "side": "buy", "order_qty": 0.01, "symbol": "BTC/USD"}


async def follow(kraken: LocalKraken, caller: Caller) -> tuple[Stream, dict[str, Decimal]]:
    """Open the account's stream with a new token; answer it with the totals it begins with."""
    answer = await caller.private("GetWebSocketsToken")
    socket = await caller.session.ws_connect(kraken.ws_auth_url)
    stream = Stream(socket=socket, token=answer["result"]["token"])
    assert (await stream.subscribe("balances"))["success"] is True
    snapshot = await stream.channel("balances", "snapshot")
    assert (await stream.subscribe("executions"))["success"] is True
    return stream, {row["asset"]: row["balance"] for row in snapshot["data"]}


async def test_a_killed_venue_goes_on_with_the_same_books(tmp_path: Path) -> None:
    balances = {"USD": "10000", "BTC": "1"}
    async with (
        running_local_kraken(tmp_path, balances=balances) as kraken,
        aiohttp.ClientSession() as session,
    ):
        caller = Caller(session=session, url=kraken.rest_url)
        stream, _ = await follow(kraken, caller)
        resting = await stream.ask("add_order", **ORDER, limit_price=60000, cl_ord_id="stays")
        await stream.ask("add_order", **{**ORDER, "order_type": "market"})
        before, address, old_token = await kraken.book(), kraken.ws_auth_url, stream.token
        await kraken.kill()
        assert await stream.ended() is None, "cut, without a goodbye"
        await kraken.restart()
        assert kraken.ws_auth_url == address
        again, totals = await follow(kraken, caller)
        after = await kraken.book()
        assert after["orders"] == before["orders"]
        assert totals == {a: Decimal(b["total"]) for a, b in after["balances"].items()}
        snapshot = await again.channel("executions", "snapshot")
        assert [row["cl_ord_id"] for row in snapshot["data"]] == ["stays"]
        assert snapshot["sequence"] == 1, "a new connection counts from one"
        stale = await again.ask("cancel_all", token=old_token)
        assert stale["error"] == "ESession:Invalid session", "tokens are not in the books"
        order_id = resting["result"]["order_id"]
        assert (await again.ask("cancel_order", order_id=[order_id]))["success"] is True
        assert await kraken.audit() == []


async def test_the_ready_line_says_where_the_streams_are(tmp_path: Path) -> None:
    async with running_local_kraken(tmp_path) as kraken:
        ready = kraken.process.ready()
        place = ready["rest_url"].removeprefix("http://")
        assert ready["ws_url"] == kraken.ws_url == f"ws://{place}/v2"
        assert ready["ws_auth_url"] == kraken.ws_auth_url == f"ws://{place}/auth/v2"
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(kraken.ws_url) as public,
            session.ws_connect(kraken.ws_auth_url),
        ):
            first = json.loads(await public.receive_str())
            assert first["channel"] == "status"
            state = await kraken.current()
            assert state["streams"] == {"public": 1, "private": 1}
            assert state["calls"]["stream"] == {"connect private": 1, "connect public": 1}
            assert await kraken.process.terminate() == 0, "open streams do not hold it up"
            with pytest.raises(TypeError):
                await public.receive_str(timeout=5)


async def test_what_it_lists_on_demand_it_lists_after_a_kill(tmp_path: Path) -> None:
    async with running_local_kraken(tmp_path, balances={"USD": "1"}) as kraken:
        await kraken.deposit("NEWCOIN", "5", newly_listed=True)
        await kraken.deposit("ETH.F", "2", newly_listed=True)
        await kraken.kill()
        await kraken.restart()
        balances = (await kraken.current())["balances"]
        assert (balances["NEWCOIN"]["total"], balances["ETH.F"]["total"]) == ("5", "2")
        async with aiohttp.ClientSession() as session:
            caller = Caller(session=session, url=kraken.rest_url)
            assert (await caller.private("Balance"))["result"]["NEWCOIN"] == "5.00000000"
            assert "NEWCOIN" in (await caller.public("Assets"))["result"]
