"""What an answer says of each order of a batch, in either shape that was seen."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.contracts.orders import approved
from tests.support.clock import START
from tests.support.shared import shared
from tests.trading.venues.kraken.samples import BTC_USD
from trading.model.identifiers import ClientOrderId
from trading.venues.decoding import Malformed
from trading.venues.kraken.batch_rows import rows_by_order
from trading.venues.kraken.socket_orders import batch_add_words
from trading.venues.kraken.stream_wire import write_request

A, B = ClientOrderId("O-A"), ClientOrderId("O-B")
ROW_A = {"order_id": "O1", "cl_ord_id": A, "success": True}
ROW_B = {"order_id": "O2", "cl_ord_id": B, "success": True}


def found(result: object) -> list[Any]:
    return [row and row.fields["order_id"] for row in rows_by_order(result, (A, B))]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"orders": [ROW_A, ROW_B]}, ["O1", "O2"]),
        ([ROW_A, ROW_B], ["O1", "O2"]),
        ([ROW_B, ROW_A], ["O1", "O2"]),
        ([{"order_id": "O1"}, {"order_id": "O2"}], ["O1", "O2"]),
        ([{"order_id": "O1"}], [None, None]),
        ([ROW_B], [None, "O2"]),
        ([{"order_id": "O1"}, ROW_B], [None, "O2"]),
        ([ROW_A, ROW_A], [None, None]),
        ([ROW_A, {**ROW_B, "cl_ord_id": "O-C"}], ["O1", None]),
        ([], [None, None]),
    ],
)
def test_each_order_has_its_own_row_or_none(result: object, expected: list[Any]) -> None:
    assert found(result) == expected


@pytest.mark.parametrize("result", [None, "O1", {"orders": {}}, {}, [1, 2], [[], []]])
def test_what_is_no_list_of_rows_is_not_read(result: object) -> None:
    with pytest.raises(Malformed):
        rows_by_order(result, (A, B))


def test_the_recorded_answer_is_read() -> None:
    name = "ws_batch_add_response_partial.json"
    answer = json.loads(shared("data", "recorded", "kraken", name).read_text())
    rows = rows_by_order(answer["result"], (A, B))
    assert [row and row.fields.get("error") for row in rows] == [None, "EOrder:Invalid price"]


def test_a_batch_is_written_with_one_deadline_and_exact_amounts() -> None:
    orders = [
        approved(
            each,
            symbol=BTC_USD,
            quantity=Decimal("0.00000001"),
            price=Decimal("50000.10"),
            deadline_at=START,
        )
        for each in (A, B)
    ]
    words = batch_add_words(orders, deadline=START + timedelta(milliseconds=1500))
    text = write_request("batch_add", words, 7)
    request = json.loads(text, parse_float=Decimal)
    assert request["params"]["deadline"] == "2026-01-05T12:00:01.500Z"
    assert request["params"]["symbol"] == "BTC/USD"
    assert [row["cl_ord_id"] for row in request["params"]["orders"]] == [A, B]
    assert all("deadline" not in row for row in request["params"]["orders"])
    assert text.count('"order_qty":0.00000001,') == len(orders)
