"""Asks Kraken for the private channels: the token, the subscriptions, and what refusals mean."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from trading.errors import VenueProtocolError
from trading.venues.decoding import Malformed, Row
from trading.venues.kraken.errors import TOKEN_REFUSED, Meaning, meaning_of
from trading.venues.kraken.session import KrakenSession, PrivateCall
from trading.venues.kraken.stream_feed import BALANCES, EXECUTIONS
from trading.venues.kraken.stream_wire import KrakenSocket, NoAnswer, Value
from trading.venues.port import Priority
from trading.venues.websocket import ConnectionEnded, Ending, NotSent, one_end

_CHANNELS: Mapping[str, Mapping[str, Value]] = {
    BALANCES: {"snapshot": True},
    EXECUTIONS: {"snap_orders": True, "snap_trades": True, "order_status": True},
}


async def fetch_token(session: KrakenSession, venue: str, *, priority: Priority) -> str:
    """Return a fresh token; each connection takes its own.

    It is asked for once: who connects tries again by himself, with pauses of his own.
    """
    result = await session.private(
        PrivateCall(
            method="GetWebSocketsToken", parameters={}, priority=priority, is_repeated=False
        )
    )
    try:
        return Row.of(result, "GetWebSocketsToken").text("token")
    except Malformed as error:
        raise VenueProtocolError(venue, str(error)) from error


async def subscribe(
    socket: KrakenSocket, token: str, *, again: bool, timeout_seconds: float
) -> None:
    """Ask for both channels with their snapshots; ConnectionEnded where one is refused.

    `again` ends what there is first, one channel after the other, all in one go: a token lives
    only as long as something is subscribed to with it.
    """
    with one_end():
        async with asyncio.TaskGroup() as group:
            for channel, wishes in _CHANNELS.items():
                words: dict[str, Value] = {"channel": channel, "token": token}
                if again:
                    group.create_task(_ask(socket, "unsubscribe", words, timeout_seconds))
                group.create_task(
                    _subscribe(socket, {**wishes, **words}, timeout_seconds=timeout_seconds)
                )


async def _subscribe(
    socket: KrakenSocket, words: Mapping[str, Value], *, timeout_seconds: float
) -> None:
    answer = await _ask(socket, "subscribe", words, timeout_seconds)
    if answer.fields.get("success") is True:
        return
    text = str(answer.fields.get("error"))
    reason = f"{words['channel']} was refused: {text}"
    if text in TOKEN_REFUSED:
        raise ConnectionEnded(reason, ending=Ending.RENEW)
    if meaning_of(text) is Meaning.FATAL:
        raise ConnectionEnded(reason, ending=Ending.FORBIDDEN)
    raise ConnectionEnded(reason)


async def _ask(
    socket: KrakenSocket, method: str, words: Mapping[str, Value], timeout_seconds: float
) -> Row:
    """Return the answer to words that are shaped as `channel` parameters."""
    try:
        return await socket.ask(method, words, timeout_seconds=timeout_seconds)
    except (NotSent, NoAnswer) as error:
        raise ConnectionEnded(f"{method} was not answered: {error}") from error
