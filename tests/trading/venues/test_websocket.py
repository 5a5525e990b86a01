"""A connection says why it is no more, in time, and what to do about it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from tests.support.waiting import eventually
from trading.clock import SystemClock
from trading.errors import VenueUnavailable
from trading.venues.websocket import (
    ConnectionEnded,
    Ending,
    NotSent,
    SocketLimits,
    WebSocket,
    one_end,
    open_websocket,
)

LIMITS = SocketLimits(
    connect_seconds=0.5,
    send_seconds=0.3,
    quiet_seconds=0.1,
    dead_seconds=0.3,
    largest_message=1000,
)
Handler = Callable[[web.WebSocketResponse], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler, *, status: int = 101, **headers: str) -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.StreamResponse:
        if status != 101:
            return web.Response(status=status, headers=headers)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await handler(socket)
        return socket

    application = web.Application()
    application.router.add_get("/", answer)
    async with TestServer(application) as server:
        yield str(server.make_url("/")).replace("http", "ws", 1)


def opened(url: str) -> AbstractAsyncContextManager[WebSocket]:
    return open_websocket(url, user_agent="test", limits=LIMITS, clock=SystemClock())


async def until_closed(socket: web.WebSocketResponse) -> None:
    async for _ in socket:
        pass


async def read_all(socket: WebSocket) -> list[str]:
    return [text async for text in socket.texts()]


async def read_and_watch(socket: WebSocket, ping: str) -> None:
    with one_end():
        async with asyncio.TaskGroup() as group:
            group.create_task(read_all(socket))
            group.create_task(socket.watch(ping))


async def send_much(socket: WebSocket) -> None:
    for _ in range(200):
        await socket.send("x" * 200_000)


@pytest.mark.parametrize(
    ("status", "ending", "after"),
    [
        (429, Ending.DROPPED, 7.0),
        (500, Ending.DROPPED, 7.0),
        (503, Ending.DROPPED, 7.0),
        (401, Ending.FORBIDDEN, None),
        (403, Ending.FORBIDDEN, None),
        (404, Ending.FORBIDDEN, None),
    ],
)
async def test_a_refused_upgrade_says_whether_to_come_back(
    status: int, ending: Ending, after: float | None
) -> None:
    async with serving(until_closed, status=status, **{"Retry-After": "7"}) as url:
        with pytest.raises(ConnectionEnded, match=str(status)) as caught:
            async with opened(url):
                pass
    assert (caught.value.ending, caught.value.retry_after_seconds) == (ending, after)


async def test_nobody_there() -> None:
    with pytest.raises(ConnectionEnded, match="could not be reached"):
        async with opened("ws://127.0.0.1:1/"):
            pass


async def test_connecting_takes_no_longer_than_it_may() -> None:
    left = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        left.set()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(ConnectionEnded, match=r"within 0\.5 s"):
            async with opened(f"ws://127.0.0.1:{port}/"):
                pass
        await left.wait()


@pytest.mark.parametrize(
    ("code", "ending"), [(1000, Ending.DROPPED), (1001, Ending.DROPPED), (1008, Ending.FORBIDDEN)]
)
async def test_a_closed_connection_says_by_its_code_what_to_do(code: int, ending: Ending) -> None:
    async def close(socket: web.WebSocketResponse) -> None:
        await socket.send_str("hello")
        await socket.close(code=code)

    async with serving(close) as url, opened(url) as socket:
        with pytest.raises(ConnectionEnded, match=str(code)) as caught:
            await read_all(socket)
    assert caught.value.ending is ending


async def test_a_connection_that_is_cut_has_ended() -> None:
    async def cut(socket: web.WebSocketResponse) -> None:
        await socket.send_str("hello")
        transport = socket._req.transport if socket._req else None  # noqa: SLF001 - no other way
        assert isinstance(transport, asyncio.WriteTransport)
        transport.abort()

    async with serving(cut) as url, opened(url) as socket:
        texts = socket.texts()
        assert await anext(texts) == "hello"
        with pytest.raises(ConnectionEnded):
            await anext(texts)
        with pytest.raises(NotSent):
            await socket.send("anything")


async def test_a_message_that_is_too_large_ends_it() -> None:
    async def flood(socket: web.WebSocketResponse) -> None:
        await socket.send_str("x" * 2000)
        await until_closed(socket)

    async with serving(flood) as url, opened(url) as socket:
        with pytest.raises(ConnectionEnded, match="broke"):
            await read_all(socket)


async def test_silence_is_asked_about_and_then_is_death() -> None:
    asked: list[str] = []

    async def listen(socket: web.WebSocketResponse) -> None:
        asked.extend([message.data async for message in socket])

    clock = SystemClock()
    async with serving(listen) as url, opened(url) as socket:
        began = clock.monotonic()
        with pytest.raises(ConnectionEnded, match="nothing was heard"):
            await read_and_watch(socket, "are you there?")
        assert clock.monotonic() - began >= 0.3
    assert asked == ["are you there?"]


async def test_an_answer_to_the_question_keeps_it_alive() -> None:
    async def answer(socket: web.WebSocketResponse) -> None:
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            await socket.send_str("yes")

    heard = 0

    async def listen(socket: WebSocket) -> None:
        nonlocal heard
        async for _ in socket.texts():
            heard += 1

    async with serving(answer) as url, opened(url) as socket, asyncio.TaskGroup() as group:
        tasks = [group.create_task(listen(socket)), group.create_task(socket.watch("?"))]
        await eventually(lambda: heard >= 5)
        for task in tasks:
            task.cancel()


async def test_a_flood_lets_others_run() -> None:
    async def flood(socket: web.WebSocketResponse) -> None:
        for _ in range(2000):
            await socket.send_str("x")
        await socket.close()

    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await SystemClock().sleep(0)

    async with serving(flood) as url, opened(url) as socket, asyncio.TaskGroup() as group:
        counting = group.create_task(count())
        with pytest.raises(ConnectionEnded):
            await read_all(socket)
        counting.cancel()
    assert turns >= 100


async def test_a_send_that_nobody_takes_does_not_wait_for_ever() -> None:
    release = asyncio.Event()

    async def stuck(socket: web.WebSocketResponse) -> None:
        del socket
        await release.wait()

    async with serving(stuck) as url, opened(url) as socket:
        with pytest.raises(ConnectionEnded, match="takes nothing"):
            await send_much(socket)
        release.set()


async def test_cancelling_closes_it_cleanly() -> None:
    codes: list[int | None] = []

    async def listen(socket: web.WebSocketResponse) -> None:
        await until_closed(socket)
        codes.append(socket.close_code)

    async def use(url: str) -> None:
        async with opened(url) as socket:
            await read_all(socket)

    async with serving(listen) as url, asyncio.TaskGroup() as group:
        using = group.create_task(use(url))
        await SystemClock().sleep(0.1)
        using.cancel()
        await eventually(lambda: codes)
    assert using.cancelled()
    assert codes == [1000]


def test_several_reasons_are_one_and_a_mistake_of_ours_is_not_hidden() -> None:
    first, second = ConnectionEnded("first"), VenueUnavailable("kraken", "second")
    with pytest.raises(ConnectionEnded, match="first"), one_end():
        raise ExceptionGroup("", [ExceptionGroup("", [first]), second])
    with pytest.raises(ExceptionGroup), one_end():
        raise ExceptionGroup("", [first, KeyError("ours")])
