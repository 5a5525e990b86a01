"""An order is sent once, whatever happens to its answer, and the fault says what is certain."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.clock import FakeClock
from tests.support.haste import hasten
from tests.support.waiting import eventually, settle
from tests.trading.venues.kraken.samples import PAIRS, buy_order
from tests.trading.venues.scripted_venue import (
    DROP,
    HANG,
    TRUNCATED,
    Reply,
    ScriptedVenue,
    errors,
    html,
    result,
)
from trading.errors import (
    InsufficientFunds,
    NonceRefused,
    OrderWithdrawn,
    OutcomeUnknown,
    VenueError,
    VenueFatal,
    VenueRejected,
    VenueUnavailable,
)
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import VenueOrderId
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings

PLACED = result({"descr": {"order": "…"}, "txid": ["OAAAAA-BBBBB-CCCCCC"]})

UNKNOWN = [
    ("dropped", DROP),
    ("hanging", HANG),
    ("truncated", TRUNCATED),
    ("520 with HTML", html(520)),
    ("502 with HTML", html(502)),
    ("200 with HTML", html(200)),
    ("redirect", Reply(status=302, headers={"Location": "http://127.0.0.1:1/"})),
    ("not JSON", Reply(body=b'{"error":[],"result":')),
    ("empty", Reply(body=b"")),
    ("not an object", Reply(body=b"[]")),
    ("no result", Reply(body=b'{"error":[]}')),
    ("no order id", result({"descr": {}, "txid": []})),
    ("null result", result(None)),
    ("error as text", Reply(body=b'{"error":"EAPI:Invalid key","result":{}}')),
    ("engine down", errors("EService:Unavailable")),
    ("engine busy", errors("EService:Busy")),
    ("internal error", errors("EGeneral:Internal error")),
    ("unknown word", errors("ESomething:Never seen")),
    ("unknown beside known", errors("EOrder:Insufficient funds", "ESomething:Never seen")),
]
CERTAIN: list[tuple[str, Reply, type[VenueError]]] = [
    ("no funds", errors("EOrder:Insufficient funds"), InsufficientFunds),
    ("too small", errors("EOrder:Order minimum not met"), VenueRejected),
    ("engine limit", errors("EOrder:Rate limit exceeded"), VenueRejected),
    ("new order error", errors("EOrder:Whatever comes"), VenueRejected),
    ("too late", errors("EService:Deadline elapsed"), VenueRejected),
    ("cancel only", errors("EService:Market in cancel_only mode"), VenueRejected),
    ("arguments", errors("EGeneral:Invalid arguments:volume"), VenueRejected),
    ("pair", errors("EQuery:Unknown asset pair"), VenueRejected),
    ("nonce", errors("EAPI:Invalid nonce"), NonceRefused),
    ("call limit", errors("EAPI:Rate limit exceeded"), VenueUnavailable),
    ("throttled", errors("EService:Throttled: 1767614500"), VenueUnavailable),
    ("lockout", errors("EGeneral:Temporary lockout"), VenueUnavailable),
    ("429", html(429), VenueUnavailable),
    ("403", html(403), VenueUnavailable),
    ("key", errors("EAPI:Invalid key"), VenueFatal),
    ("signature", errors("EAPI:Invalid signature"), VenueFatal),
    ("permission", errors("EGeneral:Permission denied"), VenueFatal),
]


@pytest.mark.parametrize("reply", [pytest.param(reply, id=name) for name, reply in UNKNOWN])
async def test_doubt_is_an_unknown_outcome_and_never_sent_again(
    adapter: KrakenAdapter, venue: ScriptedVenue, settings: KrakenSettings, reply: Reply
) -> None:
    if reply.hang:
        hasten(settings, answer_seconds=0.4)
    venue.on("AddOrder", reply, PLACED)
    with pytest.raises(OutcomeUnknown):
        await adapter.submit(buy_order())
    assert len(venue.calls("AddOrder")) == 1


@pytest.mark.parametrize(
    ("reply", "fault"), [pytest.param(reply, fault, id=name) for name, reply, fault in CERTAIN]
)
async def test_a_clear_refusal_is_certain_and_never_sent_again(
    adapter: KrakenAdapter, venue: ScriptedVenue, reply: Reply, fault: type[VenueError]
) -> None:
    venue.on("AddOrder", reply, PLACED)
    with pytest.raises(fault) as caught:
        await adapter.submit(buy_order())
    assert type(caught.value) is fault
    assert len(venue.calls("AddOrder")) == 1


async def test_the_order_that_arrives_is_the_order_that_was_approved(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("AddOrder", PLACED)
    submission = await adapter.submit(buy_order())
    (heard,) = venue.calls("AddOrder")
    form = heard.form
    nonce = form.pop("nonce")
    assert submission.venue_order_id == VenueOrderId("OAAAAA-BBBBB-CCCCCC")
    assert len(nonce) == 19
    assert form.pop("deadline").endswith("Z")
    assert form == {
        "pair": "XXBTZUSD",
        "type": "buy",
        "ordertype": "limit",
        "volume": "0.00010000",
        "price": "50000.0",
        "timeinforce": "IOC",
        "oflags": "fciq",
        "cl_ord_id": "sytest-0000000a001",
    }


async def test_nothing_is_sent_after_the_deadline(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    venue.on("AddOrder", PLACED)
    await clock.sleep(5.0)
    with pytest.raises(VenueUnavailable, match="nothing was sent"):
        await adapter.submit(buy_order())
    assert venue.calls("AddOrder") == []


async def test_a_symbol_that_is_not_listed_is_refused_without_sending(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("AssetPairs", result({"XETHXXBT": PAIRS["XETHXXBT"]}))
    with pytest.raises(VenueRejected, match="Unknown asset pair"):
        await adapter.submit(buy_order())
    assert venue.calls("AddOrder") == []


async def test_a_pair_list_out_of_reach_is_certain(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("AssetPairs", Reply(body=b"<html>"))
    with pytest.raises(VenueUnavailable, match="nothing was sent"):
        await adapter.submit(buy_order())
    assert venue.calls("AddOrder") == []


@pytest.mark.parametrize(
    ("reply", "open_before"),
    [
        pytest.param(result({"count": 1}), True, id="cancelled"),
        pytest.param(result({"count": 0, "pending": True}), True, id="being cancelled"),
        pytest.param(result({"count": 0}), False, id="none"),
        pytest.param(errors("EOrder:Unknown order"), False, id="unknown"),
    ],
)
async def test_cancel_says_whether_it_was_open(
    adapter: KrakenAdapter, venue: ScriptedVenue, reply: Reply, *, open_before: bool
) -> None:
    venue.on("CancelOrder", reply)
    assert await adapter.cancel(VenueOrderId("OAAAAA-BBBBB-CCCCCC")) is open_before


@pytest.mark.parametrize(
    "reply", [pytest.param(DROP, id="dropped"), pytest.param(result({}), id="no count")]
)
async def test_a_cancel_without_an_answer_is_unknown(
    adapter: KrakenAdapter, venue: ScriptedVenue, reply: Reply
) -> None:
    venue.on("CancelOrder", reply)
    venue.on("CancelAll", reply)
    with pytest.raises(OutcomeUnknown):
        await adapter.cancel(VenueOrderId("OAAAAA-BBBBB-CCCCCC"))
    with pytest.raises(OutcomeUnknown):
        await adapter.cancel_all()
    assert len(venue.calls("CancelOrder")) == 1
    assert len(venue.calls("CancelAll")) == 1


async def test_the_dead_mans_switch_is_armed_in_whole_seconds_and_disarmed_with_none(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    armed = {"currentTime": "2026-01-05T12:00:00Z", "triggerTime": "2026-01-05T12:01:00Z"}
    venue.on("CancelAllOrdersAfter", result(armed), result({**armed, "triggerTime": "0"}))
    strikes = await adapter.arm_dead_man_switch(timedelta(seconds=59.5))
    assert strikes == datetime(2026, 1, 5, 12, 1, tzinfo=UTC)
    assert await adapter.arm_dead_man_switch(None) is None
    sent = [heard.form["timeout"] for heard in venue.calls("CancelAllOrdersAfter")]
    assert sent == ["60", "0"]


@pytest.mark.parametrize("trigger", ["soon", "", 5, None])
async def test_a_switch_that_does_not_say_when_it_strikes_is_in_doubt(
    adapter: KrakenAdapter, venue: ScriptedVenue, trigger: object
) -> None:
    venue.on("CancelAllOrdersAfter", result({"triggerTime": trigger}))
    with pytest.raises(OutcomeUnknown):
        await adapter.arm_dead_man_switch(timedelta(seconds=60))


async def test_a_halt_stops_what_still_waits_for_its_turn(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    """Behind a call that hangs: approved before the halt, withdrawn by it, and never sent."""
    denied: list[Denied] = []
    venue.on("BalanceEx", HANG)
    venue.after_hang = result({})
    venue.on("AddOrder", PLACED)
    order = replace(buy_order(), withdrawn=lambda: denied[0] if denied else None)
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(_unheeded(adapter.fetch_balances()))
        await eventually(lambda: venue.calls("BalanceEx"))
        sending = group.create_task(_fault_of(adapter.submit(order)))
        await settle()
        denied.append(Denied(code=DenialCode.HALTED, reason="trading is halted"))
        venue.released.set()
        await reading
    assert isinstance(sending.result(), OrderWithdrawn)
    assert venue.calls("AddOrder") == []


async def _unheeded(call: Awaitable[object]) -> None:
    with suppress(VenueError):
        await call


async def _fault_of(call: Awaitable[object]) -> Exception | None:
    try:
        await call
    except (VenueError, OrderWithdrawn) as fault:
        return fault
    return None
