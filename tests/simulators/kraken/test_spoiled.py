"""Answers over REST that are true and hard to read, and cancellations that come too late."""

import json
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.kraken.spelling import Spelling, encode
from tests.simulators.kraken.desk import Caller, Desk
from tests.support.local_kraken import LocalKraken, running_local_kraken

amounts = st.decimals(
    min_value=Decimal("-1e12"), max_value=Decimal("1e12"), allow_nan=False, places=8
)


@given(amount=amounts, spelling=st.sampled_from(Spelling))
def test_however_it_is_spelled_it_is_the_same_number(amount: Decimal, spelling: Spelling) -> None:
    text = encode({"a": [amount], "n": 7, "b": True, "s": 'say "so"'}, spelling)
    read = json.loads(text, parse_float=Decimal)
    assert (read["n"], read["b"], read["s"]) == (7, True, 'say "so"')
    (value,) = read["a"]
    assert isinstance(value, str) is ("string" in spelling)
    if spelling is Spelling.FLOAT:
        assert float(value) == float(amount), "as near as a double comes"
    else:
        assert Decimal(value) == amount


@pytest.mark.parametrize(
    ("spelling", "written"),
    [
        ("float", '"XXBT":1e-05'),
        ("exponent", '"XXBT":1e-5'),
        ("string", '"XXBT":"0.0000100000"'),
        ("exponent_string", '"XXBT":"1e-5"'),
        ("plain", '"XXBT":0.0000100000'),
    ],
)
async def test_balances_can_be_spelled_as_numbers(
    tmp_path: Path, spelling: str, written: str
) -> None:
    async with (
        running_local_kraken(tmp_path, balances={"USD": "5", "BTC": "0.00001"}) as kraken,
        aiohttp.ClientSession() as session,
    ):
        caller = Caller(session=session, url=kraken.rest_url)
        plain = (await caller.private("BalanceEx"))["result"]
        await kraken.fault("spell_numbers", count=2, match="Balance*", spelling=spelling)
        async with caller.post("Balance", {}) as response:
            text = await response.text()
            assert written in text
        async with caller.post("BalanceEx", {}) as response:
            read = json.loads(await response.text(), parse_float=str, parse_int=str)
        rows = {code: Decimal(row["balance"]) for code, row in read["result"].items()}
        assert rows == {code: Decimal(row["balance"]) for code, row in plain.items()}
        assert (await caller.private("BalanceEx"))["result"] == plain
        await count_of_calls(kraken, {"Balance": 1, "BalanceEx": 3})


async def count_of_calls(kraken: LocalKraken, wanted: dict[str, int]) -> None:
    assert (await kraken.current())["calls"]["rest"] == wanted


def test_the_world_may_be_faster_than_a_cancellation(desk: Desk) -> None:
    order_id = desk.add("sell", "0.02", "65000")
    desk.venue.faults.add({"name": "fill_before_cancel", "count": 1, "fraction": "0.5"})
    assert desk.private("CancelOrder", txid=order_id) == {"count": 1}
    order = desk.query(order_id)
    assert (order["status"], order["vol_exec"]) == ("canceled", "0.01000000")
    assert desk.venue.faults.describe() == []


def test_an_asset_never_seen_before_can_be_listed(desk: Desk) -> None:
    catalogue = desk.venue.exchange.catalogue
    catalogue.list_asset("NEWCOIN")
    catalogue.list_asset("ETH.F")
    catalogue.list_asset("BTC")
    desk.venue.exchange.deposit("NEWCOIN", Decimal("1.5"))
    desk.venue.exchange.deposit("ETH.F", Decimal(2))
    balances = desk.private("BalanceEx")
    assert balances["NEWCOIN"] == {"balance": "1.50000000", "hold_trade": "0.00000000"}
    assert balances["ETH.F"]["balance"] == "2.0000000000", "with the digits of its asset"
    assert desk.public("Assets", asset="NEWCOIN")["NEWCOIN"]["altname"] == "NEWCOIN"
    assert catalogue.asset("BTC").code == "XXBT", "what is listed stays as it is"
