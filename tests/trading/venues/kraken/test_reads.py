"""Questions are asked again while Kraken is busy, and never answered with half an answer."""

from decimal import Decimal

import pytest

from tests.support.clock import START, FakeClock
from tests.support.haste import hasten
from tests.trading.venues.kraken.samples import ASSETS, PAIRS
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
    NonceRefused,
    VenueError,
    VenueFatal,
    VenueProtocolError,
    VenueRejected,
    VenueUnavailable,
)
from trading.model.identifiers import Asset
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings

GOOD = result({"XXBT": {"balance": "1.5", "hold_trade": "0.5"}})

PASSING = [
    ("dropped", DROP),
    ("hanging", HANG),
    ("truncated", TRUNCATED),
    ("502 with HTML", html(502)),
    ("520 with HTML", html(520)),
    ("429", html(429)),
    ("engine down", errors("EService:Unavailable")),
    ("engine busy", errors("EService:Busy")),
    ("throttled", errors("EService:Throttled")),
    ("throttled until", errors("EService:Throttled: 1767614403")),
    ("throttled until, closely written", errors("EService:Throttled:1767614403")),
    ("internal error", errors("EGeneral:Internal error")),
    ("database", errors("EDatabase:Internal error")),
    ("call limit", errors("EAPI:Rate limit exceeded")),
    ("nonce", errors("EAPI:Invalid nonce")),
]
LASTING: list[tuple[str, Reply, type[VenueError]]] = [
    ("key", errors("EAPI:Invalid key"), VenueFatal),
    ("signature", errors("EAPI:Invalid signature"), VenueFatal),
    ("permission", errors("EGeneral:Permission denied"), VenueFatal),
    ("lockout", errors("EGeneral:Temporary lockout"), VenueUnavailable),
    ("rejected", errors("EGeneral:Invalid arguments"), VenueRejected),
    ("unknown word", errors("ESomething:Never seen"), VenueProtocolError),
    ("not a word", errors("oops"), VenueProtocolError),
    ("HTML with 200", html(200), VenueProtocolError),
    ("malformed JSON", Reply(body=b'{"error":[],"result":{'), VenueProtocolError),
    ("redirect", Reply(status=301, headers={"Location": "/"}), VenueProtocolError),
]


@pytest.mark.parametrize("reply", [pytest.param(reply, id=name) for name, reply in PASSING])
async def test_a_passing_fault_is_asked_away(
    adapter: KrakenAdapter, venue: ScriptedVenue, settings: KrakenSettings, reply: Reply
) -> None:
    if reply.hang:
        hasten(settings, timeout_seconds=0.4)
    venue.on("BalanceEx", reply, GOOD)
    snapshot = await adapter.fetch_balances()
    assert snapshot.balances[Asset("BTC")].total == 1.5
    assert len(venue.calls("BalanceEx")) == 2


@pytest.mark.parametrize("spelling", ["EService:Throttled: {}", "EService:Throttled:{}"])
async def test_a_throttled_question_comes_back_when_it_was_told_to(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock, spelling: str
) -> None:
    until = int(START.timestamp()) + 7
    venue.on("BalanceEx", errors(spelling.format(until)), GOOD)
    await adapter.fetch_balances()
    assert clock.now().timestamp() >= until


@pytest.mark.parametrize(
    ("written", "total"),
    [
        ('"1.50000000"', "1.5"),
        ("1.5", "1.5"),
        ("0.1", "0.1"),
        ("15e-1", "1.5"),
        ('"1.5E+0"', "1.5"),
        ("1e-05", "0.00001"),
        ("7", "7"),
    ],
)
async def test_numbers_are_exact_however_the_wire_writes_them(
    adapter: KrakenAdapter, venue: ScriptedVenue, written: str, total: str
) -> None:
    row = f'{{"XXBT":{{"balance":{written},"hold_trade":0}}}}'
    venue.on("BalanceEx", Reply(body=f'{{"error":[],"result":{row}}}'.encode()))
    snapshot = await adapter.fetch_balances()
    assert str(snapshot.balances[Asset("BTC")].total.normalize()) == str(
        Decimal(total).normalize()
    )


@pytest.mark.parametrize(
    ("reply", "fault"), [pytest.param(reply, fault, id=name) for name, reply, fault in LASTING]
)
async def test_a_lasting_fault_is_raised_at_once(
    adapter: KrakenAdapter, venue: ScriptedVenue, reply: Reply, fault: type[VenueError]
) -> None:
    venue.on("BalanceEx", reply)
    with pytest.raises(fault) as caught:
        await adapter.fetch_balances()
    assert type(caught.value) is fault
    assert len(venue.calls("BalanceEx")) == 1


async def test_the_number_of_attempts_is_bounded(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("BalanceEx", errors("EService:Unavailable"))
    with pytest.raises(VenueUnavailable, match="EService:Unavailable"):
        await adapter.fetch_balances()
    assert len(venue.calls("BalanceEx")) == 4


async def test_nonces_only_rise_and_the_hunt_for_a_good_one_ends(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("BalanceEx", errors("EAPI:Invalid nonce"))
    with pytest.raises(NonceRefused, match="Another program"):
        await adapter.fetch_balances()
    nonces = [int(heard.form["nonce"]) for heard in venue.calls("BalanceEx")]
    assert len(nonces) == 4
    assert nonces == sorted(set(nonces))
    assert nonces[-1] - nonces[0] > 3600 * 10**9


async def test_a_warning_is_no_failure(adapter: KrakenAdapter, venue: ScriptedVenue) -> None:
    body = b'{"error":["WGeneral:Soon"],"result":{"XXBT":{"balance":"1","hold_trade":"0"}}}'
    venue.on("BalanceEx", Reply(body=body))
    snapshot = await adapter.fetch_balances()
    assert set(snapshot.balances) == {Asset("BTC")}


async def test_a_venue_out_of_reach_is_unavailable(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("SystemStatus", DROP)
    with pytest.raises(VenueUnavailable):
        await adapter.fetch_state()


async def test_a_listing_out_of_reach_does_not_lose_the_one_we_have(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    venue.on("BalanceEx", GOOD)
    await adapter.fetch_balances()
    venue.on("Assets", html(502))
    await clock.sleep(7200)
    assert set((await adapter.fetch_balances()).balances) == {Asset("BTC")}


async def test_an_asset_never_seen_before_is_looked_up(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    venue.on("BalanceEx", result({"NEWCOIN": {"balance": "7", "hold_trade": "0"}}))
    await adapter.fetch_balances()
    venue.on("Assets", result({**ASSETS, "NEWCOIN": {"altname": "NEW"}}))
    await clock.sleep(61)
    assert set((await adapter.fetch_balances()).balances) == {Asset("NEW")}


async def test_an_asset_in_no_list_is_held_elsewhere_under_its_own_name(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("BalanceEx", result({"WHAT": {"balance": "7", "hold_trade": "0"}}))
    snapshot = await adapter.fetch_balances()
    assert dict(snapshot.balances) == {}
    assert dict(snapshot.held_elsewhere) == {"WHAT": 7}


async def test_public_questions_are_get_and_private_ones_signed_post(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("BalanceEx", GOOD)
    await adapter.fetch_balances()
    (assets,) = venue.calls("Assets")
    (balance,) = venue.calls("BalanceEx")
    assert assets.verb == "GET"
    assert "API-Key" not in assets.headers
    assert balance.verb == "POST"
    assert balance.headers["API-Key"] == "test-key"
    assert balance.headers["User-Agent"].startswith("Steelyard")


async def test_instruments_are_asked_for_anew(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    await adapter.fetch_instruments()
    await clock.sleep(1)
    venue.on("AssetPairs", result({"XXBTZUSD": {**PAIRS["XXBTZUSD"], "status": "cancel_only"}}))
    instruments = await adapter.fetch_instruments()
    assert [item.status for item in instruments.values()] == ["cancel_only"]


async def test_the_time_told_a_moment_ago_stands_for_another_answer(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    """Never later than Kraken's own clock, and a repair takes it anew all the same."""
    venue.on("Time", *[result({"unixtime": second}) for second in (1000, 2000, 3000)])
    assert (await adapter.fetch_time()).timestamp() == 1000
    await clock.sleep(1.5)
    assert (await adapter.fetch_time()).timestamp() == 1001.5
    assert (await adapter.resync()).timestamp() == 2000
    await clock.sleep(2.5)
    assert (await adapter.fetch_time()).timestamp() == 3000
    assert len(venue.calls("Time")) == 3


BAD_ANSWERS = [
    ("BalanceEx", "fetch_balances", result({"XXBT": {"balance": "1"}})),
    ("BalanceEx", "fetch_balances", result(None)),
    ("Balance", "fetch_totals", result({"XXBT": "much"})),
    ("Balance", "fetch_totals", result([])),
    ("OpenOrders", "fetch_open_orders", result({})),
    ("Time", "fetch_time", result({"unixtime": "noon"})),
    ("AssetPairs", "fetch_instruments", result({})),
    ("Assets", "fetch_instruments", result({})),
    ("SystemStatus", "fetch_state", result({})),
]


@pytest.mark.parametrize(("method", "question", "reply"), BAD_ANSWERS)
async def test_an_answer_of_the_wrong_shape_is_a_protocol_fault(
    adapter: KrakenAdapter, venue: ScriptedVenue, method: str, question: str, reply: Reply
) -> None:
    venue.on(method, reply)
    with pytest.raises(VenueProtocolError):
        await getattr(adapter, question)()


@pytest.mark.parametrize(
    ("method", "name", "question"),
    [
        ("Ledgers", "ledger", "fetch_ledger"),
        ("TradesHistory", "trades", "fetch_fills"),
        ("ClosedOrders", "closed", "fetch_closed_orders"),
    ],
)
async def test_a_history_of_the_wrong_shape_is_a_protocol_fault(
    adapter: KrakenAdapter, venue: ScriptedVenue, method: str, name: str, question: str
) -> None:
    shapes: list[dict[str, object]] = [
        {"count": 0},
        {name: {}},
        {name: {"X": {}}, "count": 1},
        {name: [], "count": 0},
    ]
    for shape in shapes:
        venue.on(method, result(shape))
        with pytest.raises(VenueProtocolError):
            await getattr(adapter, question)(since=START)
