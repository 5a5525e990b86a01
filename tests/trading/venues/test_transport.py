"""A request leaves once, byte for byte, and a failure says whether it may have arrived."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from tests.support.processes import free_port
from tests.trading.venues.scripted_venue import (
    DROP,
    HANG,
    TRUNCATED,
    Heard,
    Reply,
    result,
    scripted_venue,
)
from trading.errors import OutcomeUnknown, VenueError, VenueUnavailable
from trading.venues.transport import HttpTransport, WireRequest


@contextlib.asynccontextmanager
async def transport(seconds: float = 0.3) -> AsyncIterator[HttpTransport]:
    async with HttpTransport(venue="test", timeout_seconds=seconds, user_agent="Test/1") as opened:
        yield opened


def post(url: str, *, may_change: bool) -> WireRequest:
    return WireRequest(
        method="POST", url=f"{url}/0/private/Do", body=b"a=%2B&b=1", may_change=may_change
    )


def get(url: str) -> WireRequest:
    return WireRequest(method="GET", url=f"{url}/0/public/Ask?pair=A%2CB")


async def test_the_bytes_and_the_address_arrive_unchanged() -> None:
    async with scripted_venue() as venue, transport() as http:
        venue.on("Do", result(1))
        venue.on("Ask", result(1))
        await http.send(post(venue.url, may_change=True))
        await http.send(get(venue.url))
        assert venue.heard[0].body == b"a=%2B&b=1"
        assert venue.heard[1].query == "pair=A%2CB"
        assert venue.heard[1].headers["User-Agent"] == "Test/1"


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(DROP, id="dropped"),
        pytest.param(HANG, id="hanging"),
        pytest.param(TRUNCATED, id="truncated"),
    ],
)
@pytest.mark.parametrize(
    ("build", "fault"),
    [
        pytest.param(get, VenueUnavailable, id="get"),
        pytest.param(lambda url: post(url, may_change=False), VenueUnavailable, id="question"),
        pytest.param(lambda url: post(url, may_change=True), OutcomeUnknown, id="change"),
    ],
)
async def test_what_left_and_got_no_answer_is_sent_once(
    reply: Reply, build: Callable[[str], WireRequest], fault: type[VenueError]
) -> None:
    async with scripted_venue() as venue, transport() as http:
        venue.on("Do", reply, result(1))
        venue.on("Ask", reply, result(1))
        with pytest.raises(fault):
            await http.send(build(venue.url))
        assert len(venue.heard) == 1


async def test_a_connection_that_died_in_the_pool_does_not_double_a_request() -> None:
    async with scripted_venue() as venue, transport() as http:
        venue.on("Do", result(1), DROP, result(1))
        await http.send(post(venue.url, may_change=True))
        with pytest.raises(OutcomeUnknown):
            await http.send(post(venue.url, may_change=True))
        assert len(venue.heard) == 2


@pytest.mark.parametrize("may_change", [False, True])
async def test_what_cannot_connect_was_certainly_not_sent(*, may_change: bool) -> None:
    async with transport() as http:
        with pytest.raises(VenueUnavailable, match="nothing was sent"):
            await http.send(post(f"http://127.0.0.1:{free_port()}", may_change=may_change))


async def test_a_name_that_does_not_resolve_was_certainly_not_sent() -> None:
    async with transport() as http:
        with pytest.raises(VenueUnavailable, match="nothing was sent"):
            await http.send(post("http://no-such-host.invalid", may_change=True))


async def test_a_redirect_is_an_answer_not_an_address() -> None:
    async with scripted_venue() as venue, transport() as http:
        venue.on("Do", Reply(status=307, headers={"Location": f"{venue.url}/0/private/Else"}))
        answer = await http.send(post(venue.url, may_change=True))
        assert answer.status == 307
        assert [heard.method for heard in venue.heard] == ["Do"]


async def test_a_shorter_deadline_of_one_request_counts() -> None:
    async with scripted_venue() as venue, transport(30) as http:
        venue.on("Ask", HANG)
        request = WireRequest(method="GET", url=f"{venue.url}/0/public/Ask", timeout_seconds=0.05)
        with pytest.raises(VenueUnavailable, match=r"within 0\.05 s"):
            await http.send(request)


async def test_being_cancelled_passes_through() -> None:
    async with scripted_venue() as venue, transport(30) as http:
        venue.on("Do", HANG)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await http.send(post(venue.url, may_change=True))


async def test_closed_it_sends_nothing() -> None:
    http = HttpTransport(venue="test", timeout_seconds=1, user_agent="Test/1")
    with pytest.raises(VenueUnavailable, match="nothing was sent"):
        await http.send(get("http://127.0.0.1:1"))


async def test_advice_on_when_to_come_back_is_kept() -> None:
    async with scripted_venue() as venue, transport() as http:
        venue.on("Ask", Reply(status=429, headers={"Retry-After": "7"}))
        assert (await http.send(get(venue.url))).retry_after_seconds == 7.0


async def test_requests_on_one_session_run_beside_each_other() -> None:
    async with scripted_venue() as venue, transport(5) as http:
        both_are_there = asyncio.Event()

        def answer(_heard: Heard) -> Reply:
            if len(venue.heard) == 2:
                both_are_there.set()
                venue.released.set()
            return Reply(body=b"{}", hang=True)

        venue.compute("Ask", answer)
        async with asyncio.TaskGroup() as group:
            group.create_task(http.send(get(venue.url)))
            group.create_task(http.send(get(venue.url)))
        assert both_are_there.is_set()
