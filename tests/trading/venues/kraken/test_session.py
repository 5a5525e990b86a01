"""The key, the deadline and the disk: what must be right before anything is sent."""

from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.trading.venues.kraken.samples import KEY, KRAKEN, SECRET, buy_order
from tests.trading.venues.scripted_venue import ScriptedVenue, errors, result
from trading.errors import (
    ConfigurationError,
    NonceRefused,
    StorageUnavailable,
    VenueFatal,
    VenueProtocolError,
    VenueUnavailable,
)
from trading.model.identifiers import VenueOrderId
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings
from trading.venues.nonce import nonce_path
from trading.venues.port import KeyReport

PLACED = result({"txid": ["OAAAAA-BBBBB-CCCCCC"]})


def build(settings: KrakenSettings, clock: FakeClock, folder: Path) -> KrakenAdapter:
    return KrakenAdapter(name=KRAKEN, settings=settings, clock=clock, nonce_directory=folder)


@pytest.mark.parametrize(
    ("key", "secret", "rest_url", "words"),
    [
        ("k", "", "https://h", "belong together"),
        ("", SECRET, "https://h", "belong together"),
        ("k", "not base64!", "https://h", "base64"),
        ("k", "ü", "https://h", "base64"),
        ("k", SECRET, "api.kraken.com", "https://"),
    ],
)
def test_settings_that_cannot_work_are_named(
    key: str, secret: str, rest_url: str, words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        KrakenSettings(key=key, secret=secret, rest_url=rest_url)


def test_settings_do_not_show_the_secret() -> None:
    shown = repr(KrakenSettings(key=KEY, secret=SECRET))
    assert KEY not in shown
    assert SECRET not in shown


async def test_without_a_key_public_questions_are_answered_and_private_ones_not_sent(
    venue: ScriptedVenue, clock: FakeClock, tmp_path: Path
) -> None:
    async with build(KrakenSettings(rest_url=venue.url), clock, tmp_path) as adapter:
        assert await adapter.fetch_instruments()
        with pytest.raises(VenueFatal, match="no API key"):
            await adapter.fetch_balances()
    assert venue.calls("BalanceEx") == []


async def test_a_restart_with_the_clock_set_back_keeps_nonces_rising(
    venue: ScriptedVenue, clock: FakeClock, tmp_path: Path
) -> None:
    venue.on("BalanceEx", result({}))
    settings = KrakenSettings(key=KEY, secret=SECRET, rest_url=venue.url)
    for _ in range(3):
        async with build(settings, clock, tmp_path) as adapter:
            await adapter.fetch_balances()
            await adapter.fetch_balances()
        clock.step_wall(-3600)
    nonces = [int(heard.form["nonce"]) for heard in venue.calls("BalanceEx")]
    assert nonces == sorted(set(nonces))
    assert len(nonces) == 6


async def test_a_refused_order_moves_the_nonce_on_for_the_next_one(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("AddOrder", errors("EAPI:Invalid nonce"), PLACED)
    with pytest.raises(NonceRefused):
        await adapter.submit(buy_order())
    await adapter.submit(buy_order("sytest-0000000a002"))
    first, second = (int(heard.form["nonce"]) for heard in venue.calls("AddOrder"))
    assert second - first >= 10**9


async def test_a_nonce_file_that_cannot_be_opened_stops_the_start_with_advice(
    venue: ScriptedVenue, clock: FakeClock, tmp_path: Path
) -> None:
    settings = KrakenSettings(key=KEY, secret=SECRET, rest_url=venue.url)
    nonce_path(tmp_path, KEY).mkdir()
    with pytest.raises(StorageUnavailable, match="Check the disk"):
        await build(settings, clock, tmp_path).__aenter__()


async def test_after_closing_nothing_is_sent(
    venue: ScriptedVenue, clock: FakeClock, tmp_path: Path
) -> None:
    settings = KrakenSettings(key=KEY, secret=SECRET, rest_url=venue.url)
    venue.on("CancelAll", result({"count": 0}))
    async with build(settings, clock, tmp_path) as adapter:
        pass
    with pytest.raises(VenueUnavailable, match="nothing was sent"):
        await adapter.cancel_all()
    assert venue.calls("CancelAll") == []


@pytest.mark.parametrize(
    ("rights", "report"),
    [
        (
            ["query-funds", "query-open-trades", "query-closed-trades", "modify-trades",
             "close-trades", "query-ledger", "create-ws-token"],
            (True, True, True, True, True, False),
        ),
        (["query-funds", "withdraw-funds"], (True, False, False, False, False, True)),
        (["add-withdraw-address"], (False, False, False, False, False, True)),
        ([], (False, False, False, False, False, False)),
    ],
)  # fmt: skip
async def test_what_a_key_may_do(
    adapter: KrakenAdapter,
    venue: ScriptedVenue,
    rights: list[str],
    report: tuple[bool, bool, bool, bool, bool, bool],
) -> None:
    venue.on("GetApiKeyInfo", result({"apiKeyName": "n", "permissions": rights}))
    names = (
        "can_query_balances",
        "can_query_orders",
        "can_query_ledger",
        "can_trade",
        "can_stream",
        "can_withdraw",
    )
    expected = KeyReport(**dict(zip(names, report, strict=True)))
    assert await adapter.fetch_key_report() == expected


async def test_a_kraken_that_does_not_tell_rights_leaves_them_unknown(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("GetApiKeyInfo", errors("EGeneral:Unknown method"))
    report = await adapter.fetch_key_report()
    assert (report.can_trade, report.can_withdraw) == (None, None)
    venue.on("GetApiKeyInfo", result({"permissions": "all"}))
    with pytest.raises(VenueProtocolError):
        await adapter.fetch_key_report()


async def test_call_limits_are_waited_for_not_hit(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    venue.on("BalanceEx", result({}))
    started = clock.monotonic()
    for _ in range(40):
        await adapter.fetch_balances()
    waited = clock.monotonic() - started
    assert waited >= (40 - 20) / 0.5 - 1


async def test_a_limit_that_was_hit_teaches_to_wait_until_it_has_room_again(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    venue.on("BalanceEx", errors("EAPI:Rate limit exceeded"), result({}))
    await adapter.fetch_balances()
    waited = sum(clock.slept)
    assert waited == pytest.approx((1 + 2) / 0.5, abs=0.01), "a call, and room for the urgent"
    assert len(venue.calls("BalanceEx")) == 2


async def test_orders_do_not_wait_for_the_call_limit_of_questions(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    venue.on("BalanceEx", errors("EAPI:Rate limit exceeded"))
    venue.on("CancelOrder", result({"count": 1}))
    with pytest.raises(VenueUnavailable):
        await adapter.fetch_balances()
    slept = len(clock.slept)
    await adapter.cancel(VenueOrderId("O"))
    assert len(clock.slept) == slept


async def test_kraken_s_time_is_asked_for_once_for_many_orders(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    venue.on("AddOrder", PLACED)
    for number in range(3):
        await adapter.submit(buy_order(f"sytest-0000000a{number:03d}"))
    assert len(venue.calls("Time")) == 1
    assert clock.slept == []


async def test_without_kraken_s_time_our_own_is_taken_and_nobody_waits_for_it_again(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("Time", errors("EGeneral:Unknown method"))
    venue.on("AddOrder", PLACED)
    for number in range(3):
        await adapter.submit(buy_order(f"sytest-0000000a{number:03d}"))
    deadline = buy_order().deadline_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert [heard.form["deadline"] for heard in venue.calls("AddOrder")] == [deadline] * 3
    assert len(venue.calls("Time")) == 1
