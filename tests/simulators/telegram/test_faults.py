"""Each fault is felt by the real library as the real server's would be."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from telegram import Bot
from telegram.error import (
    BadRequest,
    Conflict,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from simulators.telegram.errors import Refused
from simulators.telegram.faults import BEFORE, Faults
from tests.support.clock import FakeClock
from tests.support.local_telegram import OWNER, ReachableTelegram

Call = Callable[[Bot], Awaitable[object]]


async def send(bot: Bot) -> object:
    return await bot.send_message(OWNER, "x")


async def poll(bot: Bot) -> object:
    return await bot.get_updates()


BEFORE_THE_WORK: dict[str, tuple[dict[str, object], Call, type[TelegramError]]] = {
    "conflict": ({"name": "conflict"}, poll, Conflict),
    "too many requests": ({"name": "too_many_requests", "retry_after": 7}, send, RetryAfter),
    "bad gateway": ({"name": "bad_gateway"}, send, NetworkError),
    "dropped before": ({"name": "drop_before"}, send, NetworkError),
    "outage": ({"name": "outage"}, poll, NetworkError),
    "revoked token": ({"name": "unauthorized"}, send, InvalidToken),
    "any error": (
        {"name": "error", "code": 400, "description": "Bad Request: chat not found"},
        send,
        BadRequest,
    ),
}


@pytest.mark.filterwarnings("ignore:.*`retry_after` will be of type")  # the library's own
@pytest.mark.parametrize(
    ("fault", "call", "error"), BEFORE_THE_WORK.values(), ids=BEFORE_THE_WORK.keys()
)
async def test_instead_of_the_work(
    bot: Bot,
    local: ReachableTelegram,
    fault: dict[str, object],
    call: Call,
    error: type[TelegramError],
) -> None:
    await local.control("POST", "/faults", {**fault, "count": 1})
    with pytest.raises(error) as struck:
        await call(bot)
    assert type(struck.value) is error, struck.value
    assert await local.transcript() == []
    await call(bot)
    assert await local.faults() == [], "it was counted down"


async def test_too_many_requests_says_how_long(bot: Bot, local: ReachableTelegram) -> None:
    await local.fault("too_many_requests", count=1, retry_after=7)
    url = f"{local.api_url}/bot{local.token}/sendMessage"
    async with local.session.post(url, data={"chat_id": OWNER, "text": bot.name}) as answer:
        body = await answer.json()
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert body["parameters"] == {"retry_after": 7}
    assert body["description"] == "Too Many Requests: retry after 7"


@pytest.mark.parametrize("name", ["lose_answer", "bad_gateway_after", "bad_json"])
async def test_after_the_work_is_done(bot: Bot, local: ReachableTelegram, name: str) -> None:
    await local.fault(name, count=1, match="sendMessage")
    with pytest.raises(TelegramError):
        await bot.send_message(OWNER, "delivered all the same")
    assert [shown.text for shown in await local.transcript()] == ["delivered all the same"]


async def test_a_fault_strikes_only_what_it_matches(bot: Bot, local: ReachableTelegram) -> None:
    await local.fault("bad_gateway", match="send")
    assert await bot.get_updates(offset=1) == ()
    with pytest.raises(NetworkError):
        await send(bot)
    await local.fault("bad_gateway", match="getUpdates")
    await local.clear_faults("too_many_requests")
    assert len(await local.faults()) == 2
    await local.clear_faults()
    await send(bot)
    await poll(bot)


async def test_an_outage_cuts_the_poll_that_already_waits(
    bot: Bot, local: ReachableTelegram
) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(failed_poll(bot))
        await local.until_polled()
        await local.fault("outage")
    assert isinstance(waiting.result(), NetworkError)
    await local.say(OWNER, "said meanwhile")
    with pytest.raises(NetworkError):
        await poll(bot)
    await local.clear_faults("outage")
    assert len(await bot.get_updates(offset=1)) == 1


async def test_a_conflict_is_felt_by_the_poll_that_already_waits(
    bot: Bot, local: ReachableTelegram
) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(bot.get_updates(timeout=30))
        await local.until_polled()
        await local.fault("conflict", count=1)
        assert await waiting == ()
    with pytest.raises(Conflict):
        await poll(bot)


async def failed_poll(bot: Bot) -> TelegramError:
    with pytest.raises(TelegramError) as failed:
        await bot.get_updates(timeout=30)
    return failed.value


async def test_a_hanging_call_ends_when_the_fault_is_cleared(
    bot: Bot, local: ReachableTelegram
) -> None:
    await local.fault("hang", count=2)
    with pytest.raises(TimedOut):
        await bot.send_message(OWNER, "x", read_timeout=0.1)
    async with asyncio.TaskGroup() as group:
        hanging = group.create_task(failed_send(bot))
        while (await local.control("GET", "/faults")) != []:
            await asyncio.wait([hanging], timeout=0.01)
        await local.clear_faults()
    assert isinstance(hanging.result(), NetworkError)
    assert await local.transcript() == []


async def failed_send(bot: Bot) -> TelegramError:
    with pytest.raises(TelegramError) as failed:
        await bot.send_message(OWNER, "x", read_timeout=20)
    return failed.value


async def test_a_slow_telegram_is_slow_and_does_the_work(
    bot: Bot, local: ReachableTelegram
) -> None:
    await local.fault("slow", count=1, delay=0.2)
    loop = asyncio.get_running_loop()
    started = loop.time()
    await send(bot)
    assert loop.time() - started >= 0.2
    assert len(await local.transcript()) == 1


async def test_a_malformed_update_comes_to_every_bot_as_it_is(
    bot: Bot, local: ReachableTelegram
) -> None:
    injected = await local.fault("malformed_update", update={"message": {"message_id": 1}})
    with pytest.raises(KeyError):
        await poll(bot)
    url = f"{local.api_url}/bot{local.token}/getUpdates"
    async with local.session.get(url, params={"offset": 1}) as answer:
        raw = (await answer.json())["result"]
    assert raw == [{"update_id": injected["update_id"], "message": {"message_id": 1}}]


async def test_updates_can_repeat_and_their_ids_begin_anew(
    bot: Bot, local: ReachableTelegram
) -> None:
    await local.say(OWNER, "once")
    (first,) = await bot.get_updates()
    assert await bot.get_updates(offset=first.update_id + 1) == ()
    await local.fault("duplicate_update")
    (again,) = await bot.get_updates(offset=first.update_id + 1)
    assert again == first
    await local.fault("restart_update_ids", first=5)
    await local.say(OWNER, "a week later")
    (later,) = await bot.get_updates(offset=first.update_id + 2)
    assert later.update_id == 5


async def test_a_webhook_set_elsewhere_stops_polling_until_it_is_deleted(
    bot: Bot, local: ReachableTelegram
) -> None:
    await local.fault("webhook")
    with pytest.raises(Conflict, match="webhook is active"):
        await poll(bot)
    assert (await bot.get_webhook_info()).url != ""
    await bot.delete_webhook()
    assert await poll(bot) == ()
    with pytest.raises(BadRequest, match="calls nobody"):
        await bot.set_webhook("https://elsewhere.example/")


async def test_timed_faults_end_by_the_clock() -> None:
    clock = FakeClock()
    faults = Faults(clock=clock)
    faults.add({"name": "outage", "seconds": 20})
    await clock.advance(19.9)
    assert faults.take("getme", BEFORE) is not None
    assert faults.as_json()[0]["seconds_left"] == pytest.approx(0.1)
    await clock.advance(0.2)
    assert faults.take("getme", BEFORE) is None
    with pytest.raises(Refused, match="must be a number"):
        faults.add({"name": "slow", "delay": "long"}).number("delay", 1.0)
